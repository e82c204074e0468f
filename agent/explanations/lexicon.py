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
            found.setdefault(word.strip(), kind.strip())
    return found


ENGLISH = _entries("""
you = you, your, you've, you're, yours, yourself
youmodal = you'd, you'll
modal = may, might, should, could, would, will, can, worth, seems, seem
like = like, likes, enjoy, love, enjoying, liking
did:like = appreciated, were fond of, fans of, your liking of, liking of, gave a like to, marked as liked, thumbs up, liked, loved, enjoyed, fan of, fond of, liking for
did:purchase = have bought, paid for, your purchase of, purchase of, buying, bought, purchased, ordered
did:any = have watched, have seen, have read, came across, played, have tried, heard, encountered, met, watched, saw, seen, viewed, read, listened to, tried, looked at, opened, have had
did:rating = rated highly, gave a high mark to, gave a high score to, gave high marks to, gave high marks, gave a high rating, high mark, high score, high rating, rated, gave a high rating to, scored
did:cart = in your basket, to your basket, in your shopping cart, to your shopping cart, in the cart, to the cart, put in your cart, added to your cart, in your cart, to your cart
did:follow = followed, follow
did:comment = commented, wrote a comment on, commented on
shared = shared
suit = suit, suits, suited, suitable, fit, fits, appeal, appeals, match, matches, matching, try, trying, watch, watching, see, consider, reading, listen, watching next
near = in a similar vein, much like, close neighbour of, close neighbor of, neighbour of, neighbor of, nearby, a lot like, not unlike, comparable to, closely related, near neighbour, alike in content, nearest to, closest to, among the closest to, among the nearest to, resemblance, closeness, similar, similarly, close, closely, near, akin, resembles, resemble, resembling, in the vein of, in line with, not far from, comparable, alike, related, similarity, close in content, stands close
same = in common, overlap, the same, identical, jointly, together with, along with, likewise by, equally by, as well by, too by, again, that is why, so does, so is, so did, as does, as is, as did, same, both, share, shares, sharing, also, too, as, as well, as well as, common, just like, equally, likewise
near:query = nearest to your wish, nearest to what you asked for, among the nearest, nearest, closest
ask = your query, your search, your request, your wish, your wishes, are after, were after, in search of, search for, query for, request for, inquiry, searching, seeking, sought, matches your, you typed, typed, you named, named, named in, required, asked for, asked, looking for, look for, looked for, searched for, searched, searching for, wanted, want, wish, request, requested, search, query, wishes, after
meets = complies with, complies, fulfils, fulfills, fulfil, fulfilled, respects, keeps to, satisfied, met, demand, demands, stipulation, requirement of, condition of, conforms to, in keeping with, filter, filters, meets, meet, meeting, satisfies, satisfying, conditions, condition, criteria, criterion, requirements, requirement, limits, constraint, constraints, within
popular = widely watched, widely read, much watched, in demand, sought after, favoured by many, popular choice, popular with, popular, popularity, well liked here
among = ranks among, counts among, belongs to the, one among, among, amongst, one of
most = most
all = all, every, every one of, each of
people = viewer, user, reader, audience, buyers of, owners, owners of, fellow users, other users, other people, other viewers, everybody else, everyone else, anyone else, people, viewers, readers, users, others, customers, listeners, buyers, shoppers, many people, those
often = more frequently, at a higher rate, a higher share, higher rate, higher share, disproportionately, oftener, above average, more often, more common, more frequently, more likely, often
had = picked up, took, chosen, went for, turned to, got hold of, go for, choose, pick, take, had, have, has, chose, picked, got, having
not = lacks, lacking, hardly, barely, nowhere, not, no, never, without, none, nor, unlike, neither, nothing, don't, doesn't, didn't, isn't, aren't, wasn't, haven't, hasn't, cannot, can't, won't
untried = have yet to see, have yet to watch, have yet to read, have yet to try, yet to see, unfamiliar to you, not come across before, have not encountered, haven't encountered, have not encountered yet, unknown to you, still new to you, not been had by you, new to you, haven't seen, have not seen, have not seen yet, haven't tried, have not tried, haven't come across, have not come across, have not had, haven't had, haven't seen yet, have not met yet, have not come across here yet, haven't come across here yet
chance = chosen at random, picked at random, drawn at random, selected at random, random draw, random pick, random choice, random, chance, by lot, exploration, exploratory, explore, to get to know your taste, to get to know your tastes, to learn your taste, to learn what you like, learn about your taste, learn more about your taste, learn what you like, find out what you like, to find out what you like, experiment, trial, by chance, at random, randomly, to learn, to learn more about your taste, to explore, exploring, something different, drawn, a change
nobody = no user has had, no user here has had, no user has tried, nobody has tried, no one has had, no one has tried, nobody has watched, no one has watched, nobody has seen, no one has seen, nobody has read, not yet been had by anyone, has not been had by anyone, has not been watched by anyone, untouched so far, without any viewers, had by nobody, had by no one, no viewers so far, so far nobody has had, so far no one has had, nobody here has had it yet, nobody has had it yet, nobody here has had, nobody has had, no one here has had, no one has had it yet, nobody has tried it yet, newly added, new here, has no history here yet
sponsored = paid placement, sponsored placement, ad, advert, promoted, promotion, paid for by, sponsor, sponsors, sponsored, a paid place, paid place, advertisement
role:director = helmed by, helmed, by director, by the director, direction, direction of, film by, films by, made by director, a film by, directed, directed by, director, directors, directs, director of
role:star = co-starring, cast of, cast includes, in the cast, leading role, in a leading role, lead role, role, roles, acting, acted by, played by, led by, headlined by, headlines, features in, starred in, starred, appear in, appear, acted in, acted, on screen, performer, performers, both feature, starring, stars, star, cast, actor, actors, actress, features, featuring, acts in, appears in, lead, leads
role:author = penned by, penned, by the author, by author, writer of, author of, wrote by, written, written by, author, authors, writer, writers, writes, wrote
role:artist = recorded by, song by, music by, by the artist, musician, band, artist, artists, sung, sung by, performed, performed by, singer
role:brand = manufactured by, made under the brand, maker, made, produced by, label, brand, made by, manufacturer
role:year = dated, dating from, dates back to, appeared in, out in, release, released, of the year, in the year, came from, released, released in, came out, came out in, year, dates from, made in
role:category = classified as, classified under, classed as, categorised as, categorized as, categorised under, categorized under, labelled, labeled, labelled as, tagged, tagged as, tagged with, filed under, filed as, found under, in the genre, in the category, counted among, categories of, listed, filed, shelved under, sorted under, placed under, marked as, described as, tag, tags, heading, headings, genre, genres, category, categories, listed under, listed as, kind, type, section, topic, topics
role:director|author|artist|brand = by
role:year|brand|country|region|language = from
it = recommended, suggested, chosen for you, picked for you, selected for you, proposed, the two, it, its, it's, this, that, that's, which, they, them, these, their, this one, whose, that one, each
n:2 = two, two of
n:3 = three
break = seeing that, considering that, seeing as, inasmuch as, for that reason, that's why, which is why, accordingly, consequently, thus, owing to, due to, on account of, as someone who, as you, and so, meanwhile, whereas, so, because, since, while, although, therefore, hence, if, when, then, given, given that, considering
 = set, you set, stated, specified, gave, given by you, imposed, laid down, on the list, list, lists, among your likes, likes of yours, liked list, your likes, something else, hence our suggestion, our pick, our suggestion, our recommendation, offered, offer, offers, presented, present, presents, brings, bring, here is, here's, there is, there's, worth a look, look, give, given that you, proposal, propose, proposes, option, options, candidate, pairing, pair, pairs, sits, stands, stand, sit, lies, lie, belongs in, include, includes, included, additionally, moreover, furthermore, besides, addition, basis, ground, grounds, account, regard, regarding, concerning, respect, term, terms, similar in kind, system, found, find, get, gets, getting, turn, turns, out of, off, down, over, through, during, years, year's, user's, viewing, watching history, watch history, profile, entry, entries, work, works, piece, pieces, release of, let, take a look, simply, merely, rather, especially, particularly, specifically, namely, e.g, so far, to date, already, everything else, kinds, types, sorts, of that kind, of this kind, category of, a, an, the, and, or, with, for, to, of, in, on, at, is, are, was, were, be, been, being, do, does, did, just, quite, well, good choice, good pick, good match, good fit, choice, pick, picks, recommendation, recommendations, recommend, recommended, recommending, suggestion, suggest, suggested, suggesting, film, films, movie, movies, book, books, song, songs, music, article, articles, item, items, product, products, title, titles, one, ones, other, another, here, there, we, i, our, my, me, us, still, next, listed, falls, fall, under, belongs, belong, taste, tastes, interest, interests, interested, preference, preferences, based, based on, history, thought, chosen, selected, reason, what, who, why, some, something, such as, including, again, point, points, out, said, headline, headlines, news, course, courses, place, places, likely, probably, perhaps, maybe, possibly, line, of the same, far, side, group, part, before, earlier, recently, past, much, into, up, come, comes, has been, want to, how, where, between, goes, go, together, them both, put, shown, show, than, yet, filed, highly, overall, general, in general, catalogue, catalog, reply, response, answer, please, note, came, had by, picked for that, somebody, someone, was, comes to, in reply to, also of interest, other
""")  # fmt: skip

CHINESE = _entries("""
you = 你, 您, 你的, 您的
modal = 应该, 可能, 会, 也许, 或许, 能, 可以, 想必, 应, 大概, 估计, 应当, 不妨, 值得
did:like = 喜欢看, 喜欢听, 喜欢读, 表示喜欢, 点赞过, 点过赞, 标记为喜欢, 爱上, 欣赏, 青睐, 钟爱, 很喜欢, 喜欢的是, 喜欢, 喜欢过, 喜爱, 爱看, 爱听, 爱读, 喜欢上, 偏爱
did:purchase = 下单过, 下过单, 入手过, 入手了, 已购买, 已购, 购入, 购入过, 购买的, 买下, 买过, 买了, 购买过, 购买, 购买了, 买
did:any = 看到过, 看完, 看完了, 读完, 听完, 接触了, 已看过, 曾看过, 阅读过, 浏览了, 收听过, 了解过, 观看, 看过, 看了, 读过, 听过, 浏览过, 点击过, 观看过, 听了, 读了, 观看了, 接触过
did:rating = 高分, 打分很高, 给出高分, 评价很高, 打出高分, 评为高分, 给予高分, 高度评价, 打了高分, 打过高分, 给了高分, 评了高分, 评分很高
did:cart = 加到购物车, 加进购物车, 放到购物车, 放入了购物车, 放进了购物车, 购物车里有, 购物车中有, 购物车里, 购物车中, 购物车, 加入购物车, 放进购物车, 加入了购物车, 加购过, 放入购物车
did:share = 分享的, 转发过, 转发了, 转发, 分享过, 分享, 分享了
did:follow = 关注过, 关注, 关注了
did:comment = 评论过, 评论, 评论了
suit = 感兴趣, 适合, 合, 合适, 契合, 试试, 看看, 听听, 读读, 一试, 一看, 一读, 一听, 尝试, 看, 听, 读, 试, 对胃口, 合口味, 留意
near = 很接近, 十分接近, 非常接近, 较为接近, 最为接近, 最接近的, 相似度很高, 相似度, 差不多, 神似, 近, 临近, 靠近, 邻近, 挨近, 如出一辙, 很相似, 很相近, 相当接近, 类同, 最相近, 最相似, 接近, 相近, 相似, 类似, 近似, 贴近, 很像, 像, 相仿, 相关, 相通, 不远
near:query = 最接近, 最接近的之一, 离你的要求很近, 最贴近
same = 同一位, 同一个, 同一名, 同一类, 同一种, 共享, 也同样, 也都, 也有, 同样是, 同样有, 同样属于, 也为, 也由, 也在, 一样都, 皆, 皆为, 亦, 同在, 同列, 同出, 出自同一, 来自同一, 共同点, 同一品牌, 同, 同样, 一样, 都, 也, 同属, 同为, 共同, 同类, 一致, 相同, 均, 同是, 共有, 都是, 都属于, 也是, 也属于, 都有, 同一
ask = 请求的, 查询, 查询的, 检索的, 搜的, 搜了, 搜索的, 搜索了, 提出的, 提出, 要求的, 想找的, 要找的, 在找, 正在找, 寻找的, 需要, 需要的, 想要的, 输入, 输入的, 询问, 希望, 期望, 提到, 你说, 想找, 想要, 要求, 搜索, 搜索过, 搜过, 寻找, 要找, 想看, 想听, 想读, 需求, 愿望, 找, 提到的, 说的, 想看的, 请求, 检索
meets = 吻合, 匹配, 达到, 遵守, 满足了, 符合了, 设定, 设定的, 条件是, 限制, 条件中, 各项条件, 筛选条件, 硬性条件, 标准, 筛选, 符合, 满足, 条件, 限定
popular = 大受欢迎, 广受欢迎, 最热门, 热度很高, 热度, 人气很高, 备受欢迎, 欢迎, 流行, 大热, 热门, 受欢迎, 人气, 很火
among = 之中, 之内, 行列, 其中之一, 之一, 之列, 当中, 其中
most = 最
all = 全部, 所有, 每一个, 每个
people = 用户中, 人群, 大众, 观看者, 买家, 其余用户, 其他用户, 别的用户, 一般用户, 普通用户, 所有用户, 整体用户, 他人, 旁人, 有过它的人, 的用户, 人, 用户, 观众, 读者, 听众, 别人, 其他人, 顾客, 许多人, 很多人, 不少人
often = 更经常, 更频繁, 更容易, 更倾向, 更倾向于, 更可能, 更高比例, 更高的比例, 比例更高, 高出, 高过, 超过, 更爱, 更多地, 更多, 比例, 高于, 更高, 更常, 常, 常常, 往往, 比其他人更常, 比别人更常, 多于
had = 选用, 选择了, 选择过的, 选择, 选了, 接触过它, 拥有, 看, 去看, 选, 选过, 选择过, 有过, 也选, 接触
not = 不, 没, 没有, 无, 非, 未, 别, 莫, 从未, 不是, 并非
untried = 还未看过, 未看过, 未曾看过, 没有看过, 没看, 还没看, 还没有看, 从未看过, 尚未观看, 还未接触过, 从未接触过, 还没读过, 尚未读过, 没有读过, 还没有接触, 没接触, 新鲜, 还没看过, 没看过, 还没有看过, 尚未看过, 没接触过, 还没接触过, 还没有接触过, 没读过, 没听过, 还没试过, 尚未接触, 尚未接触过, 没有接触过, 还没有读过, 还没有听过
chance = 随机挑选, 随机抽中, 随机推荐, 随机选取, 随机选择, 随机选的, 随机抽出, 随机挑出, 抽取, 抽中, 试探, 了解您的喜好, 了解你的喜好, 了解你的偏好, 了解您的偏好, 更好地了解, 了解, 探测, 摸索, 偏好探索, 碰碰运气, 用来了解你的口味, 随机, 随机抽取, 随机抽取的, 随机选出, 探索, 换换口味, 了解你的口味, 了解您的口味, 抽出, 换个口味
nobody = 还没有用户看过, 还没有用户接触过, 没有用户看过, 没有用户接触过, 尚无人看过, 尚无人接触过, 尚无用户接触, 暂无人看过, 暂无人接触, 无人看过, 无人接触, 没人看过, 没人接触过, 还没人看过, 还没人接触过, 至今没有人, 还没有任何人看过, 还没有任何人接触过, 尚无用户, 暂无用户, 没有人看过, 没有人接触过, 还没有人接触过, 还没有人看过, 新上架, 新加入, 刚加入, 还没有人选过, 暂时还没有人接触过
sponsored = 广告位, 付费推广, 付费, 付费位置, 赞助内容, 赞助位, 推广位, 商业推广, 付费展示, 赞助推荐, 推广, 广告, 赞助, 推广内容
role:director = 导演都是, 导演是, 导演为, 执导的, 指导, 担任导演, 掌镜, 的导演, 拍摄, 拍, 作品, 导演, 执导, 导演的, 所导演
role:star = 主演都有, 主演是, 主演为, 参与演出, 参与主演, 担任主演, 担纲主演, 领衔主演, 领衔, 演出, 出演了, 参演了, 主演了, 饰演, 卡司, 演员阵容, 阵容, 主演, 演员, 出演, 参演, 主演的
role:author = 作者是, 作者为, 写的, 写作, 编写, 执笔, 出自作者, 创作, 作者, 著, 写, 编剧, 所著, 撰写
role:artist = 歌手, 演唱, 艺人, 音乐人
role:brand = 品牌是, 品牌为, 出品, 生产, 牌, 品牌
role:year = 年上映, 年发行, 年出版, 年推出, 问世, 面世, 出品于, 上映于, 年代, 年, 年份, 上映, 年的, 发行, 出版, 推出
role:category = 属于同一类, 类型是, 类型为, 归类为, 归类, 归属, 隶属, 标为, 划为, 归为, 分在, 列为, 门类, 片种, 类片, 类内容, 类别是, 类别为, 分类为, 标签为, 标签是, 类影片, 类电影, 类型, 题材, 类别, 分类, 类, 栏目, 属于, 标签, 主题
it = 它, 这, 这部, 该片, 此片, 二者, 两者, 它们, 两部, 该, 其, 这个, 此, 这首, 这本, 这篇, 这款, 本片, 本书, 这部电影, 这部影片
n:2 = 两
n:3 = 三
break = 鉴于, 考虑到, 看到, 正因为, 正因, 是因为, 就因为, 于是, 为此, 据此, 从而, 因为, 所以, 因此, 如果, 既然, 由于, 那么, 因而, 故
 = 位, 之手, 手, 名, 十分, 非常, 较, 较为, 颇, 颇为, 相当, 挺, 再, 便, 即, 乃, 亦可, 可, 与其, 以, 依据, 按照, 按, 结合, 参照, 参考, 请, 请看, 一下, 请注意, 注意, 说明, 本, 系统, 本站, 站内, 库中, 库里, 片库, 列表, 名单, 记录, 浏览记录, 观看记录, 观影记录, 喜欢列表, 过去, 往期, 此前, 先前, 刚刚, 最近, 近来, 曾经, 已, 已经, 至今, 现在, 目前为止, 迄今, 迄今为止, 到现在为止, 为止, 备选, 推介, 介绍, 送上, 奉上, 献上, 带来, 呈上, 为你推荐, 为您推荐, 特此, 谨, 供您, 供你, 参阅, 呢, 吧, 哦, 啊, 哟, 嘛, 了解一下, 那么, 则, 却, 并不妨, 顺便, 另, 以外, 之外, 除此之外, 当, 时, 后, 之后, 前, 由此, 因您, 因你, 您的喜好, 有关, 关于, 方向, 领域, 范围, 范围内, 层面, 上都, 之, 所属, 中的, 里的, 上的, 下的, 名为, 叫做, 的是, 就是, 便是, 正是, 即是, 进行, 做, 作, 作了, 一项, 项, 条, 这条, 那部, 另一部, 另一本, 另一首, 又一部, 部分, 份, 同时也, 部电影, 部影片, 本书, 首歌, 的, 地, 得, 了, 过, 是, 有, 在, 中, 为, 对, 部, 首, 本, 篇, 款, 片, 电影, 影片, 书, 歌曲, 歌, 文章, 商品, 作品, 新闻, 音乐, 内容, 课程, 和, 与, 及, 以及, 跟, 又, 还, 很, 比较, 推荐, 给, 口味, 胃口, 喜好, 偏好, 根据, 基于, 一部, 一首, 一本, 一篇, 一款, 一个, 而, 且, 而且, 并, 并且, 同时, 此外, 另外, 不错的选择, 好的选择, 选择, 想, 以前, 之前, 曾, 曾经, 那, 那部, 之间, 方面, 里, 这里, 上, 下, 离, 到, 来, 去, 就, 向, 来说, 个, 种, 作为, 同类型, 推送, 历史, 用, 于, 被, 所, 一起, 放在一起, 从, 看来, 算是, 可谓, 比, 其他, 之, 列, 列入, 归, 归入, 归在, 也许会, 一并, 这样, 由, 自, 出自, 我们, 目录, 目前, 针对, 既, 由, 为您, 为你, 将, 值, 用来, 这一, 内容上, 题材上, 来自, 因, 因此, 您好, 类似的, 一点, 些, 这些, 那些
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
