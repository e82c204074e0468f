"""The words that a reason may use, each with what it says; any other word says something that nothing is known of.

A word's class is what a claim is read from: `did:like` is a thing that users do, `near` that two items are close. The empty
class says nothing. Longer entries win over their parts.
"""

from __future__ import annotations

import re
from functools import lru_cache

FIELDS = {
    "director": "director", "directors": "director", "star": "star", "stars": "star", "actor": "star", "actors": "star",
    "cast": "star", "actress": "star", "author": "author", "authors": "author", "writer": "author", "writers": "author",
    "artist": "artist", "artists": "artist", "singer": "artist", "brand": "brand", "manufacturer": "brand",
    "year": "year", "release_year": "year", "released": "year", "category": "category",
}  # fmt: skip
"""Names of attributes that mean the same; others mean themselves."""

ROLES = {*FIELDS.values()}
"""Fields whose roles have words of their own here."""


def field_of(name: str) -> str:
    """The role that an attribute of this name plays."""
    return FIELDS.get(name.lower(), name.lower())


def _entries(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        kind, _, words = line.partition("=")
        for word in words.split(","):
            found[word.strip()] = kind.strip()
    return found


ENGLISH = _entries("""
you = you, your, you've, you're, yours, yourself
youmodal = you'd, you'll
modal = may, might, should, could, would, will, can, worth, seems, seem
like = like, likes, enjoy, love, enjoying, liking
did:like = liked, loved, enjoyed, fan of, fond of, liking for
did:purchase = bought, purchased, ordered
did:any = watched, saw, seen, viewed, read, listened to, tried, looked at, opened, have had
did:cart = put in your cart, added to your cart, in your cart, to your cart
did:follow = followed, follow
did:comment = commented on
shared = shared
suit = suit, suits, suited, suitable, fit, fits, appeal, appeals, match, matches, matching, try, trying, watch, watching, see, consider, reading, listen, watching next
near = similar, similarly, close, closely, near, akin, resembles, resemble, resembling, in the vein of, in line with, not far from, comparable, alike, related, similarity, close in content, stands close
same = same, both, share, shares, sharing, also, too, as, as well, as well as, common, just like, equally, likewise
near:query = nearest to your wish, nearest to what you asked for, among the nearest, nearest, closest
ask = asked for, asked, looking for, look for, looked for, searched for, searched, searching for, wanted, want, wish, request, requested, search, query, wishes, after
meets = meets, meet, meeting, satisfies, satisfying, conditions, condition, criteria, criterion, requirements, requirement, limits, constraint, constraints, within
popular = popular, popularity, well liked here
among = among, amongst, one of
most = most
people = people, viewers, readers, users, others, customers, listeners, buyers, shoppers, many people, those
often = more often, often
had = had, have, has, chose, picked, got, having
not = not, no, never, without, none, nor, unlike, neither, nothing, don't, doesn't, didn't, isn't, aren't, wasn't, haven't, hasn't, cannot, can't, won't
untried = new to you, haven't seen, have not seen, have not seen yet, haven't tried, have not tried, haven't come across, have not come across, have not had, haven't had, haven't seen yet, have not met yet, have not come across here yet, haven't come across here yet
chance = by chance, to learn, to learn more about your taste, to explore, exploring, something different, drawn, a change
nobody = nobody here has had it yet, nobody has had it yet, nobody here has had, nobody has had, no one here has had, no one has had it yet, nobody has tried it yet, newly added, new here, has no history here yet
sponsored = sponsored, a paid place, paid place, advertisement
role:director = directed, directed by, director, directors, directs, director of
role:star = starring, stars, star, cast, actor, actors, actress, features, featuring, acts in, appears in, lead, leads
role:author = written, written by, author, authors, writer, writers, writes, wrote
role:artist = artist, artists, sung, sung by, performed, performed by, singer
role:brand = brand, made by, manufacturer
role:year = released, released in, came out, came out in, year, dates from, made in
role:category = genre, genres, category, categories, listed under, listed as, kind, type, section, topic, topics
role:director|author|artist|brand = by
role:year|brand|country|region|language = from
it = it, its, it's, this, that, that's, which, they, them, these, their, this one, whose, that one, each
n:2 = two, two of
n:3 = three
break = so, because, since, while, although, therefore, hence, if, when, then, given, given that, considering
 = a, an, the, and, or, with, for, to, of, in, on, at, is, are, was, were, be, been, being, do, does, did, just, very, quite, well, good, choice, pick, picks, recommendation, recommendations, recommend, recommended, recommending, suggestion, suggest, suggested, suggesting, film, films, movie, movies, book, books, song, songs, music, article, articles, item, items, product, products, story, stories, title, titles, one, ones, other, another, here, there, we, i, our, my, me, us, still, next, listed, falls, fall, under, belongs, belong, taste, tastes, interest, interests, interested, preference, preferences, based, based on, history, thought, chosen, selected, reason, what, who, why, some, something, such as, including, again, point, points, out, said, headline, headlines, news, course, courses, place, places, likely, probably, perhaps, maybe, possibly, natural, safe, solid, straightforward, content, line, more, of the same, far, side, group, part, before, earlier, recently, past, much, into, up, come, comes, has been, want to, how, where, between, goes, go, together, them both, put, shown, show, than, yet
""")  # fmt: skip

CHINESE = _entries("""
you = 你, 您, 你的, 您的
modal = 应该, 可能, 会, 也许, 或许, 能, 可以, 想必, 应, 大概, 估计, 应当, 不妨, 值得
did:like = 喜欢, 喜欢过, 喜爱, 爱看, 爱听, 爱读, 喜欢上, 偏爱
did:purchase = 买过, 买了, 购买过, 购买, 购买了, 买
did:any = 看过, 看了, 读过, 听过, 浏览过, 点击过, 观看过, 听了, 读了, 观看了, 接触过
did:cart = 加入购物车, 放进购物车, 加入了购物车, 加购过, 放入购物车
did:share = 分享过, 分享, 分享了
did:follow = 关注过, 关注, 关注了
did:comment = 评论过, 评论, 评论了
suit = 适合, 合, 合适, 契合, 试试, 看看, 听听, 读读, 一试, 一看, 一读, 一听, 尝试, 看, 听, 读, 试, 对胃口, 合口味, 留意
near = 接近, 相近, 相似, 类似, 近似, 贴近, 很像, 像, 相仿, 相关, 相通, 不远
near:query = 最接近, 最接近的之一, 离你的要求很近, 最贴近
same = 同, 同样, 一样, 都, 也, 同属, 同为, 共同, 同类, 一致, 相同, 均, 同是, 共有, 都是, 都属于, 也是, 也属于, 都有, 同一
ask = 想找, 想要, 要求, 搜索, 搜索过, 搜过, 寻找, 要找, 想看, 想听, 想读, 需求, 愿望, 找, 提到的, 说的, 想看的, 请求, 检索
meets = 符合, 满足, 条件, 限定
popular = 热门, 受欢迎, 人气, 很火
among = 之一, 之列, 当中, 其中
most = 最
people = 人, 用户, 观众, 读者, 听众, 别人, 其他人, 顾客, 许多人, 很多人, 不少人
often = 更常, 常, 常常, 往往, 比其他人更常, 比别人更常, 多于
had = 选, 选过, 选择过, 有过, 也选, 接触
not = 不, 没, 没有, 无, 非, 未, 别, 莫, 从未, 不是, 并非
untried = 还没看过, 没看过, 还没有看过, 尚未看过, 没接触过, 还没接触过, 还没有接触过, 没读过, 没听过, 还没试过, 尚未接触, 尚未接触过, 没有接触过, 还没有读过, 还没有听过
chance = 随机, 随机抽取, 探索, 换换口味, 了解你的口味, 了解您的口味, 抽出, 换个口味
nobody = 还没有人接触过, 还没有人看过, 新上架, 新加入, 刚加入, 还没有人选过, 暂时还没有人接触过
sponsored = 推广, 广告, 赞助, 推广内容
role:director = 导演, 执导, 导演的, 所导演
role:star = 主演, 演员, 出演, 参演, 主演的
role:author = 作者, 著, 写, 编剧, 所著, 撰写
role:artist = 歌手, 演唱, 艺人, 音乐人
role:brand = 品牌
role:year = 年, 年份, 上映, 年的, 发行, 出版, 推出
role:category = 类型, 题材, 类别, 分类, 类, 栏目, 属于, 标签, 主题
it = 它, 这, 这部, 该片, 此片, 二者, 两者, 它们, 两部, 该, 其, 这个, 此, 这首, 这本, 这篇, 这款, 本片, 本书, 这部电影, 这部影片
n:2 = 两
n:3 = 三
break = 因为, 所以, 因此, 如果, 既然, 由于, 那么, 因而, 故
 = 的, 地, 得, 了, 过, 是, 有, 在, 中, 为, 对, 部, 首, 本, 篇, 款, 片, 电影, 影片, 书, 歌曲, 歌, 文章, 商品, 作品, 新闻, 音乐, 内容, 课程, 和, 与, 及, 以及, 跟, 又, 还, 很, 比较, 推荐, 给, 口味, 胃口, 喜好, 偏好, 根据, 基于, 一部, 一首, 一本, 一篇, 一款, 一个, 而, 且, 而且, 并, 并且, 同时, 此外, 另外, 不错, 好, 选择, 想, 以前, 之前, 曾, 曾经, 那, 那部, 之间, 方面, 里, 这里, 上, 下, 离, 到, 来, 去, 就, 向, 来说, 个, 种, 作为, 同类型, 推送, 历史, 兴趣, 用, 于, 被, 所, 一起, 放在一起, 从, 看来, 算是, 可谓, 比, 其他, 之, 列, 列入, 归, 归入, 归在, 也许会, 一并, 这样, 由, 自, 出自, 来自, 因, 因此, 您好, 类似的, 一点, 些, 这些, 那些
""")  # fmt: skip


@lru_cache(maxsize=4)
def entries(language: str) -> dict[str, str]:
    """Surface to class, of the words of `language` (`en` or `zh`)."""
    return ENGLISH if language == "en" else CHINESE


@lru_cache(maxsize=4)
def pattern(language: str) -> re.Pattern[str]:
    """Finds an entry of the lexicon at a place, the longest first; of English a whole word."""
    ordered = sorted(filter(None, entries(language)), key=len, reverse=True)
    joined = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in ordered)
    return re.compile(rf"(?:{joined})(?![^\W_])" if language == "en" else f"(?:{joined})", re.IGNORECASE)
