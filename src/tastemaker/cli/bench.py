"""`bench …`: measurements that print their machine, versions and quartiles. Exit status 1 if a bar is not met."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from tastemaker.cli.output import Json, Ranker, bars, emit, out
from tastemaker.errors import InvalidInputError
from tastemaker.settings import DEFAULT_MODEL, Settings

app = typer.Typer(help="Benchmarks. Exit status 1 if a bar is not met.", no_args_is_help=True)


@app.command()
def start(
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Timed runs of each.")] = 5,
    ranker: Ranker = None,
    as_json: Json = False,
) -> None:
    """Time a second `demo` from a cold process against a bare script with the same imports, model and passes."""
    from tastemaker.eval.benchmarks import start as bench

    with bars() as progress:
        _report(anyio.run(bench.run, Settings.load(ranker=ranker), rounds, progress), as_json)


@app.command()
def engines(
    model: Annotated[str, typer.Option(help="Folder, hub name or packaged model.")] = DEFAULT_MODEL,
    as_json: Json = False,
) -> None:
    """Compare the log-probabilities of the embedded engine, a vLLM server and vLLM in this process, in float32."""
    from tastemaker.eval.benchmarks import engines as bench

    with bars() as progress:
        _report(anyio.run(bench.run, model, Settings.load(), progress), as_json)


@app.command()
def retrieval(
    size: Annotated[
        list[int] | None,
        typer.Option(help="Items; repeat. 2,000 and 100,000 by default; a million take an hour, once."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Time the whole retrieval against the bare Chroma queries; measure recall, filters, memory, indexing."""
    from tastemaker.eval.benchmarks import retrieval as bench

    with bars() as progress:
        _report(bench.run(Settings.load(), size or bench.SIZES, progress), as_json)


@app.command()
def load(
    rows: Annotated[int, typer.Option(min=1_000, help="Ratings in the file that is made.")] = 20_000_000,
    as_json: Json = False,
) -> None:
    """Time our reader of ratings, and its memory, against polars reading the same file."""
    from tastemaker.eval.benchmarks import loading as bench

    with bars() as progress:
        _report(bench.run(Settings.load(), rows, progress), as_json)


@app.command()
def rerank(
    model: Annotated[str, typer.Option(help="Folder, hub name or packaged model.")] = DEFAULT_MODEL,
    cases: Annotated[int, typer.Option(min=5, max=500, help="Rankings of 20 candidates each way.")] = 40,
    peers: Annotated[
        str, typer.Option(help="Other rerankers, with commas between; `none` for none. Installed apart, once.")
    ] = "langchain,llamaindex,rerankers,rankllm",
    as_json: Json = False,
) -> None:
    """Time our readings of a model against its writing a permutation, bare passes, and other rerankers; on vLLM and here."""
    from tastemaker.eval.benchmarks import rerank as bench
    from tastemaker.eval.benchmarks.rerank.peers import PEERS

    named = [] if peers == "none" else [name.strip() for name in peers.split(",")]
    if unknown := [name for name in named if name not in PEERS]:
        raise InvalidInputError(
            f"is not known: {unknown[0]!r}", where="--peers", remedy=f"There are {', '.join(PEERS)}, and none"
        )
    with bars() as progress:
        _report(anyio.run(bench.run, Settings.load(), model, cases, named, progress), as_json)


@app.command(name="text-interest")
def text_interest(
    file: Annotated[Path, typer.Argument(help="One reader a line: id, history and candidates, all texts.")],
    target: Annotated[
        Path | None, typer.Option("--out", help="Also write each reader's scores here, a line each.")
    ] = None,
    ranker: Ranker = None,
    as_json: Json = False,
) -> None:
    """Rank texts for readers of whom only texts are known: the encoder and the model, no events."""
    from tastemaker.eval.benchmarks import text_interest as bench

    with bars() as progress:
        _report(anyio.run(bench.run, Settings.load(ranker=ranker), file, target, progress), as_json)


@app.command()
def explain(
    users: Annotated[int, typer.Option(min=5, max=943, help="Of each set of people.")] = 500,
    chinese: Annotated[
        Path | None, typer.Option(help="A file of TNEWS's headlines, for Chinese readers of them.")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="Another model whose share of sentences is measured; repeat.")
    ] = None,
    ranker: Ranker = None,
    as_json: Json = False,
) -> None:
    """Judge reasons by an independent checker, false sentences by the verifier, and the evidence by leaving it out."""
    from tastemaker.eval.benchmarks import explain as bench

    with bars() as progress:
        _report(anyio.run(bench.run, Settings.load(ranker=ranker), users, chinese, also or [], progress), as_json)


@app.command()
def conversation(
    conversations: Annotated[
        int, typer.Option(min=1, max=10_000, help="Generated conversations, half of them in Chinese.")
    ] = 1_000,
    utterances: Annotated[
        list[Path] | None,
        typer.Option(help="Marked utterances beside the packaged ones: .tsv, or a Markdown table; repeat."),
    ] = None,
    dialogues: Annotated[
        Path | None,
        typer.Option(
            help="A file of ReDial's, movies_with_mentions.csv and id2info.json beside it, for real requests."
        ),
    ] = None,
    reader: Annotated[
        str | None,
        typer.Option(help="A model that reads the utterances too: embedded:MODEL, http://HOST:PORT#MODEL, …"),
    ] = None,
    ranker: Ranker = None,
    as_json: Json = False,
) -> None:
    """Are messages understood, do slates keep to what was said, does a turn cost the same, how soon does a reply begin?"""
    from tastemaker.eval.benchmarks import conversation as bench

    with bars() as progress:
        found = anyio.run(
            bench.run, Settings.load(ranker=ranker), conversations, utterances or [], dialogues, reader, progress
        )
        _report(found, as_json)


@app.command()
def ope(
    runs: Annotated[int, typer.Option(min=10, max=5_000, help="Simulated logs for each of six policies.")] = 300,
    as_json: Json = False,
) -> None:
    """How often the 95% intervals of off-policy estimates hold the truth, by effective sample size."""
    from tastemaker.eval.benchmarks import ope_coverage as bench

    with bars() as progress:
        _report(bench.run(runs, progress), as_json)


@app.command()
def loop(
    seeds: Annotated[int, typer.Option(min=2, max=200, help="Simulated worlds of each kind.")] = 20,
    kills: Annotated[int, typer.Option(min=1, max=2_000, help="Times that a writer of the log is killed.")] = 200,
    open_bandit: Annotated[
        Path | None, typer.Option(help="Folder of the Open Bandit sample, with random/ and bts/.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Learning in simulated worlds, the log's speed and safety, how often intervals hold; the whole feedback loop."""
    from tastemaker.eval.benchmarks import loop as bench

    with bars() as progress:
        _report(bench.run(seeds, kills, open_bandit, progress), as_json)


@app.command()
def serve(
    model: Annotated[str, typer.Option(help="Folder, hub name or packaged model.")] = DEFAULT_MODEL,
    size: Annotated[
        list[int] | None, typer.Option(help="Items of the store without a model; repeat. 2,000 and 100,000 by default.")
    ] = None,
    requests: Annotated[int, typer.Option(min=32, max=943, help="Slates a round before vLLM.")] = 96,
    as_json: Json = False,
) -> None:
    """Time the server at 32 users: before a busy vLLM against that vLLM alone, and without a model against a bare route."""
    from tastemaker.server import benchmark as bench

    with bars() as progress:
        found = anyio.run(partial(bench.run, Settings.load(), model, size or bench.SIZES, requests, progress=progress))
        _report(found, as_json)


@app.command(name="film-tasks")
def film_tasks(
    films: Annotated[Path, typer.Argument(help="The public id2info.json: names, genres and plots by ReDial's ids.")],
    dialogues: Annotated[list[Path], typer.Argument(help="Files of ReDial's dialogues.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the other candidates and the order.")] = 0,
) -> None:
    """Print a task file for `text-interest`: films by genre and plot for seekers who liked a few, one a line."""
    from tastemaker.eval.benchmarks import film_tasks as bench

    for task in bench.tasks(films, dialogues, seed):
        typer.echo(json.dumps(task, ensure_ascii=False))


def _report(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(result)
    else:
        for key, value in result.items():
            if key in {"machine", "versions", "scores", "peers", "understanding", "conversations"}:
                continue
            if isinstance(value, list) and all(isinstance(row, dict) for row in value):
                for row in value:
                    out.print("  ".join(f"{name}={cell}" for name, cell in row.items()), highlight=False)
            else:
                out.print(f"{key}: {value}", highlight=False)
    if not result["passed"]:
        raise typer.Exit(1)
