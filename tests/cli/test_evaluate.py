"""`tastemaker evaluate`, as installed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def tastemaker(*args: str, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "tastemaker"), *args]
    environment = {"PATH": "/usr/bin:/bin", "TASTEMAKER_CACHE": str(cache), "HOME": str(cache)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = [{"id": f"i{n}", "title": f"Title {n}", "categories": [str(n % 2)]} for n in range(12)]
    events = [
        {"user_id": f"u{user}", "item_id": f"i{2 * n + user % 2}", "type": "like", "timestamp": f"2024-01-0{1 + n}T00:00:{user:02}Z"}
        for user in range(20)
        for n in range(6)
        if n != user % 6
    ]  # fmt: skip
    for name, rows in (("items", items), ("events", events)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.mark.parametrize("track", ["A", "B", "C", "cold-items", "hidden-items"])
def test_every_track_prints_rows_tests_split_and_seeds(folder: Path, track: str) -> None:
    page, table = folder / "report.html", folder / "table.md"
    done = tastemaker(
        "evaluate", str(folder), "--track", track, "--systems", "random,popularity,ease", "--trials", "2", "--seeds", "1",
        "--html", str(page), "--markdown", str(table), "--json", cache=folder / "cache",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {"rows", "tests", "split", "seeds", "machine", "versions", "date"} <= set(result)
    assert all("failure" not in row and row["ndcg@10"] is not None for row in result["rows"])
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text and "http://" not in text.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")
    assert "| ease |" in table.read_text(encoding="utf-8")


def test_columns_of_a_plain_file_are_named(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    lines = [f"{row['user_id']},{row['item_id']},{row['timestamp']}" for row in rows]
    (folder / "shop.csv").write_text("\n".join(["who,sku,when", *lines]))
    args = (
        "--columns",
        "user_id=who,item_id=sku",
        "--columns",
        "timestamp=when",
        "--systems",
        "popularity",
        "--trials",
        "1",
    )
    done = tastemaker("evaluate", str(folder / "shop.csv"), *args, cache=folder / "cache")
    assert done.returncode == 0, done.stderr
    assert "shop.csv: 100 rows read for events" in done.stderr


def test_ratings_have_a_table_of_their_own(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    rated = [row | {"type": "rating", "value": 1 + n % 5} for n, row in enumerate(rows)]
    (folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rated))
    args = ("evaluate", str(folder), "--track", "ratings", "--systems", "mean-rating,surprise-svd", "--trials", "2")
    done = tastemaker(*args, "--json", cache=folder / "cache")
    assert done.returncode == 0, done.stderr
    assert all(row["rmse"] > 0 for row in json.loads(done.stdout)["rows"])
    done = tastemaker(*args, cache=folder / "cache")
    assert "RMSE" in done.stdout and "surprise" in done.stdout


def test_wrong_input_is_named(folder: Path) -> None:
    for args, told in (
        ((str(folder), "--track", "D"), "--track"),
        ((str(folder), "--stage", "nothing"), "--stage"),
        (("nowhere",), "no such folder"),
        ((str(folder), "--html", "/nowhere/x.html"), "does not exist"),
    ):
        done = tastemaker("evaluate", *args, "--json", cache=folder / "cache")
        assert done.returncode in (1, 2) and told in done.stdout and "Traceback" not in done.stderr


def test_data_that_cannot_be_divided_are_refused(folder: Path) -> None:
    (folder / "events.jsonl").write_text('{"user_id": "u", "item_id": "i1", "type": "like"}\n')
    done = tastemaker("evaluate", str(folder), "--json", cache=folder / "cache")
    assert done.returncode == 1 and json.loads(done.stdout)["error"]["type"] == "SplitError"


def test_a_terminated_evaluation_ends_its_workers(folder: Path) -> None:
    (folder / "sleepy.py").write_text(
        "class Sleeps:\n    def fit(self, train):\n        import time; time.sleep(97)\n    def recommend(self, users, k): ...\n"
    )
    command = [str(Path(sys.executable).parent / "tastemaker"), "evaluate", str(folder), "--systems", "sleepy:Sleeps"]
    environment = {"PATH": "/usr/bin:/bin", "TASTEMAKER_CACHE": str(folder / "cache"), "HOME": str(folder)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        place = folder / "cache" / "evaluations"
        wait_for(lambda: bool(list(place.glob("A-sleepy*/log.txt"))))
        process.terminate()
        process.wait(timeout=30)
        wait_for(
            lambda: subprocess.run(["pgrep", "-f", f"worker {place}"], check=False, capture_output=True).returncode == 1
        )
    finally:
        process.kill()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)
