"""Chinese characters that are typed for one another, because they sound or look alike."""

from __future__ import annotations

_ALIKE = "科课颗棵客 幻换焕患唤环幼 喜洗系戏嬉 剧具据巨俱拒聚居 恐孔空吼 怖布步部不 悬玄选旋炫眩 疑宜移以义议凝 爱艾哎碍受 情晴请清青轻 动东冻懂栋洞 作做坐座 画话化划华 漫慢曼 战站占展 争征挣睁净 纪记级既 录路陆绿 犯反范饭返 罪最醉嘴 惊京精睛经 悚耸松怂速束 冒帽貌昌 险显先现脸 奇其齐棋骑 武五舞午 侠夏霞下峡狭 音因英 乐月 历力厉立 史始使失 传转川船 西希吸 部不步布 灾栽 难男 文闻纹 艺义亿 片骗篇 推退堆 理里礼李 侦真针珍贞 探叹谈 枪抢 黑嘿 帮邦绑 鬼贵诡 魔摩磨 童同 歌哥戈 舞午武 搞稿高 笑校孝 警景 匪非飞 治质 愈玉 家加佳 庭停廷 体休 育玉 运韵 谍碟蝶 伦论 古骨 装庄 浪狼 漫慢 幽优悠 默墨末 温文 馨心 冷泠 门们 轻清 松送"  # fmt: skip
ALIKE: dict[str, str] = {}
"""A character to those that it is taken for, itself among them."""
for _group in _ALIKE.split():
    for _one in _group:
        ALIKE[_one] = ALIKE.get(_one, "") + _group


def misheard(word: str) -> set[str]:
    """A Chinese word with one character changed for one that sounds or looks alike."""
    return {word[:at] + other + word[at + 1 :] for at, one in enumerate(word) for other in ALIKE.get(one, "")} - {word}
