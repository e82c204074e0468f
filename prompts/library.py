"""Templates: the packaged ones or a folder's own, each with a head that says what it is for; rendered in a sandbox."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tastemaker.errors import InvalidInputError

NAMES = ("choice", "labels", "yes_or_no", "reason", "turn", "talk")
MAX_CHARS = 20_000
_HEAD = re.compile(r"\{#(?P<head>.*?)#\}", re.DOTALL)
_FIELD = re.compile(r"^\s*(?P<name>version|use|variables|output):\s*(?P<value>.+?)\s*$", re.MULTILINE)
SAMPLE: dict[str, Any] = {
    "history": ["Alien. Horror", "火星救援"], "query": "something quiet", "language": "en", "title": "Solaris",
    "candidates": [("A", "Heat. Crime"), ("B", "Fargo. Crime")], "candidate": "Heat. Crime",
    "evidence": [("e1", "liked", "Stalker")], "tone": "plain", "length": "full", "message": "more like the second",
    "examples": [("hello", '{"act":"talk"}')], "year": 2026, "fields": ["genre", "year"], "categories": ["Drama", "喜剧"],
    "slate": ["Ran", "Ikiru"], "held": ["+genre=drama"],
}  # fmt: skip
"""Something of every variable, for checks."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template's source with what its head, a comment at its top, says: version, use, variables, and output rule."""

    name: str
    source: str
    version: str
    use: str
    variables: tuple[str, ...]
    output: str


class Templates:
    """The packaged templates, or those of `folder` in their place. What a template lacks is an error, and it can
    reach nothing but what it is given.

    Raises `InvalidInputError` for a template that has no head, can't be parsed, uses what it does not declare, or does
    not do what is relied on; says which and why.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
        )
        packaged = files("tastemaker.prompts") / "templates"
        self.all: dict[str, Template] = {}
        self._compiled: dict[str, Any] = {}
        for name in NAMES:
            own = folder / f"{name}.jinja" if folder else None
            try:
                source = (own if own and own.is_file() else packaged / f"{name}.jinja").read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidInputError(f"can't be read ({error})", where=str(own)) from error
            self.all[name] = self._read(name, source, str(own or name))
            self._compiled[name] = self._environment.from_string(source)
        if folder is not None and not any((folder / f"{name}.jinja").is_file() for name in NAMES):
            raise InvalidInputError(
                "holds no template", where=str(folder), remedy=f"Put one of {', '.join(NAMES)}, with .jinja, there"
            )
        self._check(str(folder or "packaged templates"))

    @cached_property
    def digest(self) -> str:
        """First 12 hexadecimal digits of the sha256 over all sources: what a score was read with."""
        text = "\0".join(self.all[name].source for name in NAMES)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]

    def render(self, name: str, **values: Any) -> str:
        """The text of a template with `values`. Raises `InvalidInputError` where it can't be made."""
        try:
            return str(self._compiled[name].render(values))
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise InvalidInputError(f"can't be rendered ({error})", where=f"template {name}") from error

    def _read(self, name: str, source: str, where: str) -> Template:
        if len(source) > MAX_CHARS:
            raise InvalidInputError(f"has {len(source):,} characters, more than {MAX_CHARS:,}", where=where)
        head = _HEAD.match(source)
        fields = {found["name"]: found["value"] for found in _FIELD.finditer(head["head"])} if head else {}
        if missing := [one for one in ("version", "use", "variables", "output") if one not in fields]:
            raise InvalidInputError(
                f"says nothing of its {', '.join(missing)}", where=where,
                remedy="Begin it with a comment: {# version: 1, and on lines of their own use:, variables: and output: #}",
            )  # fmt: skip
        declared = tuple(part.strip() for part in fields["variables"].split(","))
        try:
            used = meta.find_undeclared_variables(self._environment.parse(source))
        except TemplateError as error:
            raise InvalidInputError(f"can't be parsed ({error})", where=where) from error
        if unknown := sorted(used - set(declared)) or sorted(set(declared) - SAMPLE.keys()):
            raise InvalidInputError(
                f"uses {', '.join(unknown)}, which it does not declare or nobody gives", where=where,
                remedy=f"There are {', '.join(sorted(SAMPLE))}",
            )  # fmt: skip
        return Template(name, source, fields["version"], fields["use"], declared, fields["output"])

    def sample(self, name: str, **changes: Any) -> str:
        """What a template makes of `SAMPLE`, with `changes`."""
        values = SAMPLE | changes
        return self.render(name, **{one: values[one] for one in self.all[name].variables})

    def _check(self, where: str) -> None:
        """What is relied on: the neutral prompt ends every other, candidates come last, and nothing is left out."""
        for language in ("en", "zh"):
            neutral = self.sample("choice", history=[], query="", language=language)
            full = self.sample("choice", language=language)
            if not neutral.strip() or not full.endswith(neutral) or full == neutral:
                raise InvalidInputError(
                    f"must end ({language}) as it does without a history and a query, which may not be empty",
                    where=f"{where}, choice",
                )
        faults = {
            "choice": [text for text in SAMPLE["history"] if text not in self.sample("choice")],
            "labels": [text for _, text in SAMPLE["candidates"] if text not in self.sample("labels")],
            "yes_or_no": []
            if self.sample("yes_or_no").rstrip().endswith(SAMPLE["candidate"])
            else [SAMPLE["candidate"]],
            "reason": [] if SAMPLE["title"] in self.sample("reason") else [SAMPLE["title"]],
            "turn": [text for text in (SAMPLE["message"], *SAMPLE["slate"]) if text not in self.sample("turn")],
        }
        for name, left_out in faults.items():
            if left_out:
                raise InvalidInputError(
                    f"leaves out, or does not end with, what it was given ({left_out[0]!r})", where=f"{where}, {name}"
                )
