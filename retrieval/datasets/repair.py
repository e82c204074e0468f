"""Cells made fit for the domain: ids, texts, titles, times, Python literals. Each repair is counted by its kind."""

from __future__ import annotations

import ast
import html
import re
from datetime import UTC, datetime
from typing import Any

from tastemaker.domain import MAX_TEXT_CHARS, MAX_TITLE_CHARS, blank
from tastemaker.retrieval.datasets.report import Counts

MAX_LITERAL = 2**20
TIMELESS = datetime.fromtimestamp(0, UTC)
"""Stands where a file gives no time; `tastemaker.eval` knows it and refuses tracks of time."""

_UNFIT = re.compile(r"[\s/\\%\x00-\x1f\x7f]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_VIDEO = re.compile(r"\[\[VIDEOID:[^\]]*\]\]\s*")
_UNSEEN = re.compile("[\u200b\ufeff]")
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_YEAR = re.compile(r"^(?P<title>.+?)\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*(?:\((?:V|TV)\))?$")
_ARTICLE = re.compile(r"^(?P<head>.+), (?P<article>The|A|An|Les|La|Le|Il|Das|Der)$")


def identity(text: str, counts: Counts) -> str:
    """An id without spaces around it. White space, slashes, backslashes, control characters and `%` are percent-encoded.

    `%` is among them so that two ids never become one. An empty id is left for the domain to refuse.
    """
    found = text.strip()
    if found != text:
        counts.repaired("padded id")
    if _UNFIT.search(found):
        counts.repaired("id percent-encoded")
        found = _UNFIT.sub(lambda bad: "".join(f"%{byte:02X}" for byte in bad.group().encode()), found)
    return found


def clean(text: str, counts: Counts, *, marked: bool = False, limit: int = MAX_TEXT_CHARS) -> str:
    """Text without spaces around it, unseen characters, NULs and lone surrogates, of at most `limit` characters.

    With `marked`, HTML entities that end in `;` are resolved, `<br />` becomes a line break and Amazon's video marks
    go; other tags stay.
    """
    if marked and "<" in text:
        text = _swap(_BREAK, "\n", text, "html line break", counts)
    if marked and "&" in text:
        text = _swap(_ENTITY, lambda found: html.unescape(found.group()), text, "html entity", counts)
    if marked and "[[" in text:
        text = _swap(_VIDEO, "", text, "video mark", counts)
    text = _swap(_UNSEEN, "", text, "unseen character", counts)
    text = _swap(_BROKEN, "\ufffd", text, "NUL or lone surrogate", counts)
    if "\ufffd" in text:
        counts.noted("U+FFFD kept")
    if (found := text.strip()) != text:
        counts.repaired("trailing space")
    if len(found) > limit:
        counts.repaired(f"cut to {limit} characters")
        found = found[:limit]
    return found


def _swap(pattern: re.Pattern[str], by: Any, text: str, kind: str, counts: Counts) -> str:
    found = pattern.sub(by, text)
    if found != text:
        counts.repaired(kind)
    return found


def titled(text: str, counts: Counts, *, marked: bool = False) -> str:
    """A cleaned title, cut to what the domain holds; empty where nothing of it is seen."""
    found = clean(text, counts, marked=marked, limit=MAX_TITLE_CHARS)
    return "" if blank(found) else found


def film(text: str, counts: Counts) -> tuple[str, dict[str, int]]:
    """A film's title and, where it ends in one, its year: "Matrix, The (1999)" is ("The Matrix", {"year": 1999}).

    A range of years counts by its first; `(V)` and `(TV)` after the year go with it.
    """
    title = titled(text, counts, marked=True)
    year: dict[str, int] = {}
    if found := _YEAR.match(title):
        title, year = found["title"], {"year": int(found["year"])}
    else:
        counts.noted("title without a year")
    return natural(title, counts), year


def natural(title: str, counts: Counts) -> str:
    """Put a moved article back: "Matrix, The" becomes "The Matrix"."""
    if not (found := _ARTICLE.match(title)):
        return title
    counts.repaired("article moved")
    return f"{found['article']} {found['head']}"


def seconds(text: str | float) -> datetime:
    """A moment from seconds since 1970. Raises `ValueError` where that is none."""
    return datetime.fromtimestamp(float(text), UTC)


def moment(value: Any, counts: Counts) -> datetime:
    """A moment from seconds, milli- or microseconds since 1970 (told apart by size) or from ISO 8601, in UTC.

    Sizes are told apart by ten digits, so seconds reach to the year 2286. A time without a zone is taken as UTC. Both
    are counted. Raises `ValueError` or `TypeError` where it is neither.
    """
    if isinstance(value, datetime):
        return zoned(value, counts)
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text)
        except ValueError:
            return zoned(datetime.fromisoformat(text), counts)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no time")
    for power, kind in ((1, ""), (1_000, "milliseconds"), (1_000_000, "microseconds")):
        if abs(value) < 1e10 * power:
            if kind:
                counts.repaired(kind)
            return datetime.fromtimestamp(value / power, UTC)
    raise ValueError(f"{value} is no time in seconds, milli- or microseconds")


def zoned(found: datetime, counts: Counts) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC and counted."""
    if found.tzinfo is None:
        counts.repaired("no time zone, read as UTC")
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def literal(text: str) -> Any:
    """The value of a Python literal, which is parsed and never run. Raises `ValueError` for anything else."""
    if len(text) > MAX_LITERAL:
        raise ValueError(f"a literal of more than {MAX_LITERAL} characters")
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"no Python literal: {error or type(error).__name__}") from error


def price(value: Any) -> float | None:
    """A price as a number: 37.12, "$1,250.00"; None for "", null, ranges and words."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value or "").strip().lstrip("$").replace(",", "")
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None
