"""Genres by one English name each, however a catalogue or a user calls them; and which of them are light or dark."""

from __future__ import annotations

import re
from functools import lru_cache

from tastemaker.agent.explanations.names import plain

GENRES: dict[str, tuple[str, ...]] = {
    "action": ("action", "动作"),
    "adventure": ("adventure", "冒险"),
    "animation": ("animation", "animated", "anime", "cartoon", "动画", "动漫"),
    "biography": ("biography", "biographical", "biopic", "传记"),
    "comedy": ("comedy", "comedies", "喜剧"),
    "crime": ("crime", "犯罪"),
    "documentary": ("documentary", "documentaries", "纪录片", "纪录", "记录片"),
    "drama": ("drama", "剧情"),
    "family": ("family", "children's", "children", "kids", "家庭", "儿童", "亲子"),
    "fantasy": ("fantasy", "奇幻", "魔幻"),
    "film-noir": ("film-noir", "film noir", "noir", "黑色电影"),
    "history": ("history", "historical", "历史"),
    "horror": ("horror", "恐怖", "惊悚恐怖"),
    "music": ("music", "音乐"),
    "musical": ("musical", "musicals", "歌舞", "音乐剧"),
    "mystery": ("mystery", "悬疑", "推理"),
    "romance": ("romance", "romantic", "爱情", "浪漫"),
    "sci-fi": ("sci-fi", "science fiction", "scifi", "sf", "科幻"),
    "sport": ("sport", "sports", "体育", "运动"),
    "thriller": ("thriller", "suspense", "惊悚"),
    "war": ("war", "战争"),
    "western": ("western", "西部"),
}
LIGHT = ("comedy", "family", "animation", "romance", "musical", "music")
DARK = ("horror", "thriller", "crime", "war", "drama", "film-noir", "mystery")
FOR_CHILDREN = ("family", "animation")
"""Genres of what is made for children, where a catalogue says nothing of audiences."""
NOT_FOR_CHILDREN = ("horror", "thriller", "crime", "war")
CHINESE = {name: next(way for way in ways if not way.isascii()) for name, ways in GENRES.items()}
_WAYS = {plain(way).casefold(): name for name, ways in GENRES.items() for way in ways}
_END = re.compile(r"(?: (?:films?|movies?))?s?$|片$|类$|电影$")


@lru_cache(maxsize=4096)
def genre_of(category: str) -> str | None:
    """The genre that a category of a catalogue is, None for one that is no genre of films."""
    folded = plain(category).casefold().strip()
    if folded in _WAYS:
        return _WAYS[folded]
    return _WAYS.get(_END.sub("", folded))
