"""The grammar of encoder names; `docs/encoders.md` shows it as a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from tastemaker.errors import InvalidInputError, ModelNotFoundError
from tastemaker.settings import DEFAULT_ENCODER

MAX_PATH = 1_000
POOLINGS = ("mean", "cls", "last", "max")
GRAMMAR = (
    f"Use {DEFAULT_ENCODER}, hashing, a folder, st:MODEL, hf:MODEL?pooling=mean, http://HOST:PORT#MODEL, "
    "or PROVIDER:MODEL such as openai:text-embedding-3-small"
)


class Kind(StrEnum):
    """What runs an encoder."""

    DEFAULT = "default"
    HASHING = "hashing"
    SENTENCE = "st"
    TRANSFORMER = "hf"
    ENDPOINT = "http"
    LANGCHAIN = "langchain"


OPTIONS = {
    Kind.TRANSFORMER: ("pooling", "normalize", "query", "document"),
    Kind.SENTENCE: ("normalize",),
    Kind.ENDPOINT: ("normalize", "query", "document"),
}


@dataclass(frozen=True, slots=True)
class EncoderName:
    """A name, read. `query` and `document` are put before the texts; without `normalize` vectors keep their length."""

    kind: Kind
    model: str = ""
    url: str = ""
    pooling: str = ""
    query: str = ""
    document: str = ""
    normalize: bool = True

    def options(self) -> str:
        """The options that are not the default, as they are written after `?`; also part of the encoder's id."""
        given = {"pooling": self.pooling, "query": self.query, "document": self.document}
        given["normalize"] = "" if self.normalize else "no"
        written = urlencode({name: value for name, value in sorted(given.items()) if value})
        return f"?{written}" if written else ""


def parse(name: str) -> EncoderName:
    """Read `name`.

    Raises:
        InvalidInputError: an option or an address that can't be read.
        ModelNotFoundError: it is of none of the forms.
    """
    name = name.strip()
    if name in {DEFAULT_ENCODER, "hashing"}:
        return EncoderName(Kind.HASHING, name) if name == "hashing" else _e5(Kind.DEFAULT, name)
    if name.startswith(("http://", "https://")):
        return _endpoint(name)
    kind, colon, rest = name.partition(":")
    if kind in {Kind.SENTENCE, Kind.TRANSFORMER} and rest:
        model, options = (rest, "") if _is_folder(rest) or "?" not in rest else rest.rsplit("?", 1)
        return _with_options(Kind(kind), model, "", options, name)
    if _is_folder(name):
        return _e5(Kind.TRANSFORMER, name)
    if colon and kind.isidentifier() and rest:
        return EncoderName(Kind.LANGCHAIN, name)
    raise ModelNotFoundError("is the name of no encoder", where=f"encoder {name!r}", remedy=GRAMMAR)


def _e5(kind: Kind, model: str) -> EncoderName:
    """Pooling of the E5 family, and the words that its authors ask for (Wang et al. 2024, arXiv 2402.05672)."""
    return EncoderName(kind, model, pooling="mean", query="query: ", document="passage: ")


def _endpoint(name: str) -> EncoderName:
    url, _, rest = name.partition("#")
    model, _, options = rest.partition("?")
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        fine = False
    if not (fine and model):
        raise InvalidInputError(
            "is no address of a model", where=f"encoder {name!r}", remedy="Write http://HOST:PORT#MODEL"
        )
    return _with_options(Kind.ENDPOINT, model, url.rstrip("/").removesuffix("/v1"), options, name)


def _with_options(kind: Kind, model: str, url: str, options: str, name: str) -> EncoderName:
    where = f"encoder {name!r}"
    try:
        pairs = parse_qsl(options, keep_blank_values=True, strict_parsing=True) if options else []
    except ValueError as error:
        raise InvalidInputError(f"has options that can't be read ({error})", where=where, remedy=GRAMMAR) from error
    given = dict(pairs)
    known = OPTIONS[kind]
    if len(given) < len(pairs) or not set(given) <= set(known):
        wrong = sorted(set(given) - set(known)) or "one of them twice"
        raise InvalidInputError(f"has options {wrong}", where=where, remedy=f"{kind}: takes {', '.join(known)}, once")
    for option, allowed in (("pooling", POOLINGS), ("normalize", ("yes", "no"))):
        if option in given and given[option] not in allowed:
            raise InvalidInputError(
                f"has {option}={given[option]!r}", where=where, remedy=f"It may be {', '.join(allowed)}"
            )
    normalize = given.pop("normalize", "yes") == "yes"
    return EncoderName(kind, model, url, normalize=normalize, **given)


def _is_folder(text: str) -> bool:
    try:
        return len(text) < MAX_PATH and Path(text).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):  # a name that no file system takes
        return False
