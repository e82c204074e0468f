"""Rows of text files, streamed: plain or gzip, each with its "file:line", none longer than a bound."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.retrieval.datasets.report import Counts

MAX_LINE = 8 * 2**20
"""Longest line in bytes that is read; the longest real ones, of Yelp's users with all their friends, are under 1 MiB."""
LOST = b"\xef\xbf\xbd"
"""U+FFFD in UTF-8: what stands where another program lost a character."""


def find(folder: Path, *names: str) -> Path | None:
    """The first of the files in `folder` that exists, each as such or with `.gz`."""
    paths = (folder / f"{name}{end}" for name in names for end in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def need(folder: Path, *names: str) -> Path:
    """As `find`, but a `DatasetError` says what is missing."""
    path = find(folder, *names)
    if path is None:
        raise DatasetError(f"holds no {' or '.join(names)}, nor the same with .gz", where=str(folder))
    return path


@contextmanager
def refusing(where: str, what: str) -> Iterator[None]:
    """Turn whatever a bad row raises into a `DatasetError` that names the row."""
    try:
        yield
    except InvalidInputError as error:
        raise DatasetError(f"{what} ({error.what})", where=where, remedy=error.remedy or FIX) from error
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        OverflowError,
        OSError,
        RecursionError,
    ) as error:
        told = f"{type(error).__name__}: {error}" if isinstance(error, KeyError | AttributeError) else str(error)
        raise DatasetError(f"{what} ({told[:300]})", where=where, remedy=FIX) from error


FIX = "Correct or remove the line and run again"


def lines(path: Path, counts: Counts, *, latin: bool = False) -> Iterator[tuple[str, str]]:
    """Yield "file:line" and text with its line end. Empty lines and a byte order mark are passed over and noted.

    Files are UTF-8. With `latin`, a line that isn't is read as latin-1 (counted), and U+FFFD is refused: there it shows
    that a copy was converted with loss.

    Raises:
        DatasetError: the file can't be read, a line is too long or not in its encoding.
    """
    number = 0
    try:
        with _opened(path) as file:
            while raw := file.readline(MAX_LINE + 1):
                number += 1
                where = f"{path}:{number}"
                counts.read(path.name, 0)
                if len(raw) > MAX_LINE:
                    raise DatasetError(f"is longer than {MAX_LINE} bytes", where=where, remedy="Is it the right file?")
                if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
                    raw = raw[3:]
                if raw.strip(b" \t\r\n"):
                    yield where, _text(raw, where, counts, latin)
                else:
                    counts.noted("empty line")
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(
            f"can't be read ({error})", where=f"{path}:{number + 1}" if number else str(path), remedy="Fetch it again"
        ) from error


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _text(raw: bytes, where: str, counts: Counts, latin: bool) -> str:
    if latin and LOST in raw:
        raise DatasetError(
            "holds U+FFFD: this copy was converted with loss", where=where, remedy="Take the publisher's own file"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if latin:
            counts.repaired("latin-1")
            return raw.decode("latin-1")
        raise DatasetError(
            f"can't be read as UTF-8 ({error.reason} at byte {error.start})", where=where, remedy="Convert it to UTF-8"
        ) from error


def split_rows(
    path: Path, counts: Counts, mark: str, fields: int, *, latin: bool = False, header: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Yield "file:line" and the cells between `mark`; quotes mean nothing. A first cell `header` in line 1 is passed over.

    Raises `DatasetError` where a line has another number of cells than `fields`.
    """
    for where, text in lines(path, counts, latin=latin):
        row = text.rstrip("\r\n").split(mark)
        if header and row[0] == header and where.endswith(":1"):
            continue
        counts.read(path.name)
        if len(row) != fields:
            raise DatasetError(f"has {len(row)} fields, not {fields}", where=where, remedy=FIX)
        yield where, row


def csv_rows(path: Path, counts: Counts, mark: str = ",") -> Iterator[tuple[str, list[str]]]:
    """Yield "file:line" and the cells of each record, the header first (not counted). Quoted cells may hold line breaks."""
    last = f"{path}:1"

    def texts() -> Iterator[str]:
        nonlocal last
        for where, text in lines(path, counts):
            last = where
            yield text

    rows = csv.reader(texts(), delimiter=mark, strict=True)
    width = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise DatasetError(f"is no CSV ({error})", where=last, remedy="Look for an unclosed quote") from error
        if width:
            counts.read(path.name)
        width = width or len(row)
        if len(row) != width:
            raise DatasetError(f"has {len(row)} fields, not {width}", where=last, remedy=FIX)
        yield last, row


def named_rows(
    path: Path, counts: Counts, columns: tuple[str, ...], mark: str = ","
) -> Iterator[tuple[str, list[str]]]:
    """As `csv_rows`, without the header, which must be `columns`."""
    rows = csv_rows(path, counts, mark)
    _, header = next(rows, (f"{path}:1", []))
    if tuple(header) != columns:
        raise DatasetError(f"has the columns {tuple(header)}, not {columns}", where=f"{path}:1")
    return rows


def json_rows(path: Path, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield "file:line" and the object on each line. `DatasetError` names the first line that holds none."""
    for where, text in lines(path, counts):
        counts.read(path.name)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"is no JSON in UTF-8 ({error})", where=where, remedy=FIX) from error
        if not isinstance(found, dict):
            raise DatasetError(f"is no JSON object but {type(found).__name__}", where=where, remedy=FIX)
        yield where, found
