"""What words of a dialogue say by themselves: kinds that were asked for or refused, years, new or old, names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CUES = {
    "action": "superhero superheroes marvel 动作",
    "adventure": "adventurous 冒险",
    "animation": "animated cartoon cartoons disney pixar anime 动画",
    "biography": "biographical biopic 传记",
    "children": "kid kids child daughter son 儿童",
    "comedy": "comedic funny hilarious humor laugh laughs romcom 喜剧",
    "crime": "gangster mafia heist 犯罪",
    "documentary": "docs 纪录片",
    "drama": "dramatic 剧情",
    "family": "kid kids child children daughter son 家庭",
    "fantasy": "magic magical 奇幻",
    "history": "historical 历史",
    "horror": "scary spooky slasher gory zombie zombies vampire 恐怖",
    "music": "musicals",
    "musical": "sing singing 音乐",
    "mystery": "detective whodunit 悬疑",
    "romance": "romantic romcom 爱情",
    "sci-fi": "scifi science_fiction space alien aliens 科幻",
    "sport": "football baseball basketball boxing",
    "thriller": "suspense suspenseful psychological 惊悚",
    "war": "soldier soldiers 战争",
    "western": "cowboy cowboys 西部",
}
"""Words that ask for a kind without its name; the kind's own name and its plural always do."""
_NO = re.compile(
    r"\b(?:not|no|never|hate|dislike|except|without|nothing|(?:do|does|did|is|are|was|would|ca)n'?t)\b|不|别|讨厌"
)
_CLAUSES = re.compile(r"[.,;!?\n。，；！？]|\bbut\b|但")
_NEW = re.compile(r"\b(?:new|newer|newest|recent|recently|latest|theaters?|current|currently|just came out)\b|新|最近")
_OLD = re.compile(r"\b(?:old|older|oldies|classics?|vintage)\b|老|经典")
_DECADE = re.compile(r"\b(?:19)?([2-9]0)'?s\b|([二三四五六七八九])十年代")
_YEAR = re.compile(r"(?<![(\d])((?:19|20)\d\d)(?![)\d])")
_CJK = re.compile(r"[\u3400-\u9fff]")


def folded(text: str) -> str:
    """Lower case, without accents, words of letters and digits with single spaces between and around them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " " + " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))) + " "


@dataclass(frozen=True, slots=True)
class Cues:
    """Which of `n` kinds (their places) each word, each phrase of several words, and each word of Chinese asks for; all folded."""

    n: int
    words: dict[str, list[int]]
    phrases: dict[str, list[int]]

    def places(self, clause: str) -> set[int]:
        """The kinds that a clause names."""
        text = folded(clause)
        found = {place for word in set(text.split()) for place in self.words.get(word, ())}
        return found | {place for phrase, places in self.phrases.items() if phrase in text for place in places}


def cues_of(categories: Sequence[str]) -> Cues:
    """What asks for each of `categories`: its name, the plural of that, and other words in common use."""
    found = Cues(len(categories), {}, {})
    for place, name in enumerate(categories):
        own = folded(name).strip()
        plurals = (own, f"{own}s", f"{own[:-1]}ies") if own.endswith("y") else (own, f"{own}s")
        more = (folded(one.replace("_", " ")).strip() for one in CUES.get(name.casefold(), "").split())
        for cue in filter(None, dict.fromkeys([*plurals, *more])):
            if _CJK.match(cue):  # without spaces around it
                found.phrases.setdefault(cue, []).append(place)
            elif " " in cue:
                found.phrases.setdefault(f" {cue} ", []).append(place)
            else:
                found.words.setdefault(cue, []).append(place)
    return found


def asked(text: str, cues: Cues) -> tuple[Floats, Floats]:
    """In how many clauses each kind is asked for, and in how many refused, each float64[n].

    A clause with a negation refuses all that it names.
    """
    wanted, refused = np.zeros(cues.n), np.zeros(cues.n)
    for clause in _CLAUSES.split(text.casefold()):
        if places := cues.places(clause):
            (refused if _NO.search(clause) else wanted)[list(places)] += 1
    return wanted, refused


def period(text: str, years: Floats) -> Floats:
    """How well each of `years` fits a decade ("90s") or a year that was named, in [0, 1]; years in brackets belong to titles."""
    found = np.zeros(len(years))
    for digits, chinese in _DECADE.findall(text):
        first = 1900 + (int(digits) if digits else 10 * ("二三四五六七八九".index(chinese) + 2))
        found = np.maximum(found, (years >= first) & (years < first + 10))
    for year in _YEAR.findall(text):
        found = np.maximum(found, np.exp(-np.abs(years - int(year)) / 2))
    return np.asarray(np.nan_to_num(found), np.float64)


def wants_new(text: str) -> bool:
    """Whether something new is asked for."""
    return bool(_NEW.search(text.casefold()))


def wants_old(text: str) -> bool:
    """Whether something old is asked for."""
    return bool(_OLD.search(text.casefold()))


def names_in(text: str, known: Mapping[str, int], longest: int = 4) -> list[int]:
    """The numbers of the `known` folded names of two to `longest` words that stand in `text`."""
    words = folded(text).split()
    spans = (" ".join(words[at : at + n]) for n in range(2, longest + 1) for at in range(len(words) - n + 1))
    return sorted({known[span] for span in spans if span in known})
