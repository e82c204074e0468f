"""What can be configured: arguments first, then `TASTEMAKER_…` environment variables, then the defaults."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tastemaker.domain import invalid_input
from tastemaker.errors import InvalidInputError

DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
DEFAULT_ENCODER = "intfloat/multilingual-e5-small"


class EngineKind(StrEnum):
    """Where a model runs: in this process by transformers or by vLLM, or in a vLLM server."""

    EMBEDDED = "embedded"
    VLLM = "vllm"
    SERVER = "server"


class ModelSpec(BaseModel):
    """A model and the engine that runs it.

    Written as one string: `embedded:MODEL` or just `MODEL`, `vllm:MODEL`, or a vLLM server's address
    `http://HOST:PORT` with the served model's name after `#` where it serves several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EngineKind = EngineKind.EMBEDDED
    model: str = ""
    url: str = ""

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Read the one-string form. Raises `InvalidInputError` for an empty one."""
        text = text.strip()
        if text.startswith(("http://", "https://")):
            url, _, model = text.partition("#")
            if not _is_address(url):
                raise InvalidInputError("is no address", where=f"model {url!r}", remedy="Write http://HOST:PORT#MODEL")
            return cls(kind=EngineKind.SERVER, url=url.rstrip("/").removesuffix("/v1"), model=model)
        kind, _, model = text.partition(":")
        if kind in {EngineKind.EMBEDDED, EngineKind.VLLM} and model:
            return cls(kind=EngineKind(kind), model=model)
        if not text:
            raise InvalidInputError(
                "is empty", where="model", remedy="Write embedded:MODEL, vllm:MODEL or http://HOST:PORT#MODEL"
            )
        return cls(model=text)

    def __str__(self) -> str:
        if self.kind is EngineKind.SERVER:
            return f"{self.url}#{self.model}" if self.model else self.url
        return f"{self.kind.value}:{self.model}"


class Settings(BaseSettings):
    """All settings. `Recommender.open(path, **changes)` takes the same names.

    `log` is the address of a PostgreSQL database that holds the feedback log, `postgresql://…`; by default it is in the store.
    `chroma` is the address of a Chroma server that holds the vectors, `http://HOST:PORT`; by default they are in the store.
    `mode` is how the ranker's log-probabilities are read; `auto` is what its self-test chooses. `prompts` is a folder with
    templates that take the place of the packaged ones. `timeout_s` bounds one request to a model server, in seconds.
    `dtype` is the embedded engine's and vLLM's number format; `auto` takes bfloat16 where the processor computes in it,
    else float32.
    """

    model_config = SettingsConfigDict(env_prefix="TASTEMAKER_", frozen=True, extra="forbid")

    path: Path = Path("store")
    log: SecretStr | None = None
    chroma: str | None = None
    cache: Path = Field(default_factory=lambda: user_cache_path("tastemaker"))
    encoder: str = DEFAULT_ENCODER
    similarity: Literal["cosine", "ip", "l2"] = "cosine"
    ranker: Annotated[ModelSpec, NoDecode] = ModelSpec(model=DEFAULT_MODEL)
    mode: Literal["auto", "likelihood", "listwise", "pointwise"] = "auto"
    prompts: Path | None = None
    writer: Annotated[ModelSpec | None, NoDecode] = None
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    dtype: str = Field(default="auto", pattern="^(auto|float32|bfloat16)$")
    api_key: SecretStr | None = None

    @field_validator("ranker", "writer", mode="before")
    @classmethod
    def _read_spec(cls, value: Any) -> Any:
        return ModelSpec.parse(value) if isinstance(value, str) else value

    @field_validator("chroma")
    @classmethod
    def _check_chroma(cls, value: str | None) -> str | None:
        if value is not None and not (value.startswith(("http://", "https://")) and _is_address(value)):
            raise PydanticCustomError("address", "is no address; write http://HOST:PORT of a running `chroma run`")
        return value

    @classmethod
    def load(cls, **changes: Any) -> Settings:
        """Settings with `changes` on top of the environment; None means "not given". Raises `InvalidInputError`."""
        given = {name: value for name, value in changes.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            raise invalid_input(error, "Settings", given) from error


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
