"""The installed command, as a user runs it: one JSON object on stdout, exit statuses, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tastemaker import Event, Item, Settings
from tastemaker.settings import DEFAULT_ENCODER, DEFAULT_MODEL

pytestmark = pytest.mark.slow  # each test starts the command from cold, some several times
COMMAND = str(Path(sys.executable).with_name("tastemaker"))


def run(*args: str, expect: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command and check its exit status."""
    done = subprocess.run(
        [COMMAND, *args], capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200", **env}
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def run_json(*args: str, expect: int = 0, **env: str) -> Any:
    """Run with --json; stdout must be one JSON object and nothing else."""
    return json.loads(run(*args, "--json", expect=expect, **env).stdout)


def write(path: Path, rows: list[Item] | list[Event]) -> str:
    path.write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def filled(tmp_path: Path, items: list[Item], events: list[Event]) -> tuple[str, ...]:
    """Options that name a store filled through the command."""
    options = ("--store", str(tmp_path / "store"), "--encoder", "hashing")
    found = run_json(
        "index", write(tmp_path / "items.jsonl", items), "--events", write(tmp_path / "events.jsonl", events), *options
    )
    assert found.pop("tastes") > 0
    assert found.pop("report")["events"] == {"events.jsonl": {"read": 5}}
    assert found == {"store": str(tmp_path / "store"), "items": 12, "encoded": 12, "events": 5}
    return options


def test_a_filter_from_the_shell(filled: tuple[str, ...]) -> None:
    found = run_json("recommend", "ann", "--no-explain", "--where", '{"category": "Music"}', *filled)
    assert found["items"] and all(item["id"] in {"i8", "i9", "i10", "i11"} for item in found["items"])
    assert run_json("recommend", "ann", "--where", "{", *filled, expect=2)["error"]["where"] == "--where"


def test_a_user_sees_and_erases_what_is_known(filled: tuple[str, ...]) -> None:
    known = run_json("profile", "ann", *filled)
    assert known["liked"] and known["interests"][0]["item_ids"]
    assert known["interests"][0]["category"] in run("profile", "ann", *filled).stdout
    gone = known["seen"][0]
    assert gone not in run_json("profile", "ann", "--forget", gone, *filled)["seen"]
    category = known["interests"][0]["category"]
    edit = ("--avoid", category, "--only", '{"not": {"id": "i9"}}', "--language", "zh")
    said = run_json("profile", "ann", *edit, *filled)
    assert said["avoided"] == [category] and said["constraints"] and said["languages"] == ["zh"]
    assert category not in {one["category"] for one in said["interests"]}
    assert run_json("profile", "ann", "--allow", category, "--only", "{}", *filled)["avoided"] == []
    for wrong in ('{"prise": 3}', "[]", "{"):
        assert run_json("profile", "ann", "--only", wrong, *filled, expect=2)["error"]["type"] == "InvalidInputError"
    assert run_json("profile", "ann", "--erase", *filled)["erased"] > 0
    assert run_json("profile", "ann", *filled, expect=2)["error"]["type"] == "UnknownUserError"
    again = run_json("fit", *filled)
    assert again["tastes"] >= 0 and again["learned"]["fusion"]["weights"]["together"] == 1.0


def test_what_is_older_is_deleted(filled: tuple[str, ...]) -> None:
    nothing = run_json("expire", "--older-than", "99999d", *filled)
    assert nothing["events"] == nothing["conversations"] == nothing["log"]["decisions"] == 0
    assert run_json("expire", "--older-than", "1h", *filled)["events"] == 5
    assert "0 events" in run("expire", "--older-than", "1d", *filled).stdout
    for wrong in ("0d", "-1d", "1.5d", "400", "d", "9w", "123456d"):
        error = run_json("expire", f"--older-than={wrong}", *filled, expect=2)["error"]
        assert error["where"] == "--older-than" and "400d" in error["remedy"]


def test_index_recommend_reward(filled: tuple[str, ...]) -> None:
    found = run_json("recommend", "ann", "-k", "3", "--no-explain", *filled)
    assert {"decision_id", "user_id", "degraded", "items", "timings"} <= set(found)
    keys = {
        "id",
        "title",
        "rank",
        "score",
        "prior_rank",
        "llm_logprob",
        "explanation",
        "explanation_source",
        "evidence",
    }
    assert all(keys <= set(item) for item in found["items"])
    receipt = run_json("reward", found["decision_id"], found["items"][2]["id"], "like", *filled)
    assert (receipt["position"], receipt["reward"]) == (3, 1.0)
    again = run_json("recommend", "ann", "-k", "9", "--no-explain", *filled)
    assert found["items"][2]["id"] not in {item["id"] for item in again["items"]}


def test_explain_and_why_not(filled: tuple[str, ...]) -> None:
    shown = run_json("recommend", "ann", "-k", "2", "--no-explain", *filled)
    found = run_json("explain", shown["decision_id"], "--language", "zh", "--tone", "formal", *filled)
    assert [one["item_id"] for one in found["items"]] == [item["id"] for item in shown["items"]]
    assert all(one["text"] and one["language"] == "zh" and "你" not in one["text"] for one in found["items"])
    printed = run("explain", shown["decision_id"], *filled).stdout
    assert all(item["title"] in printed for item in shown["items"])
    missing = run_json("why-not", shown["decision_id"], "i0", *filled)
    assert missing["kind"] == "seen" and "before" in missing["text"]
    assert run_json("explain", "nothing", *filled, expect=2)["error"]["type"] == "UnknownDecisionError"
    assert run_json("explain", shown["decision_id"], "--tone", "rude", *filled, expect=2)["error"]["where"] == "tone"


def test_rerank(tmp_path: Path) -> None:
    (tmp_path / "documents.txt").write_text("Mars rockets\n\nSoup with beans\n", encoding="utf-8")
    found = run_json(
        "rerank",
        "soup",
        "--file",
        str(tmp_path / "documents.txt"),
        "--encoder",
        "hashing",
        "--store",
        str(tmp_path / "s"),
    )
    assert [row["text"] for row in found["results"]] == ["Soup with beans", "Mars rockets"]
    assert not (tmp_path / "s").exists()


def test_markup_and_control_characters_in_titles_stay_text(tmp_path: Path) -> None:
    hostile = [Item(id="a", title="Alien [director cut] [/b] \x1b]0;owned\x07 soup"), Item(id="b", title="Soup [red]")]
    options = ("--store", str(tmp_path / "store"), "--encoder", "hashing")
    run("index", write(tmp_path / "items.jsonl", hostile), *options)
    shown = run("recommend", "--query", "soup", "-k", "2", *options).stdout
    assert "[director cut] [/b]" in shown
    assert "[red]" in shown
    assert "\x1b]" not in shown


@pytest.mark.parametrize(
    ("args", "status", "kind", "says"),
    [
        (("recommend", "ann"), 1, "EmptyCatalogueError", "no store"),
        (("recommend", "ann", "--like", "x"), 2, "InvalidInputError", "both"),
        (("recommend", "ann", "--ranker", "http://nowhere:99999"), 2, "InvalidInputError", "address"),
        (("index", "missing.jsonl"), 1, "DatasetError", "missing.jsonl"),
        (("reward", "d", "i", "like"), 1, "EmptyCatalogueError", "no store"),
        (("rerank", "", "a"), 2, "InvalidInputError", "query"),
        (("models", "install", "nobody/none"), 1, "ModelNotFoundError", "packaged"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_errors_are_json_too(tmp_path: Path, args: tuple[str, ...], status: int, kind: str, says: str) -> None:
    env = {"TASTEMAKER_PATH": str(tmp_path / "none"), "TASTEMAKER_ENCODER": "hashing"}
    error = run_json(*args, expect=status, **env)["error"]
    assert error["type"] == kind
    assert says in error["what"] + error["where"] + error["remedy"]


def test_a_wrong_option_is_a_usage_error() -> None:
    assert "--colour" in run("recommend", "--colour", expect=2).stderr


def test_errors_for_people_say_what_to_do(filled: tuple[str, ...]) -> None:
    said = run("recommend", "nobody", *filled, expect=2).stderr
    assert "Error user 'nobody': no event of this user is known." in said
    assert "Try " in said


def test_another_encoder_is_refused_by_both_names(filled: tuple[str, ...]) -> None:
    error = run_json("recommend", "ann", *filled[:2], expect=1)["error"]
    assert "'hashing'" in error["what"]
    assert DEFAULT_ENCODER in error["what"]


def test_ctrl_c_leaves_a_store_that_the_next_run_completes(tmp_path: Path) -> None:
    path = write(
        tmp_path / "items.jsonl", [Item(id=f"n{n}", title=f"Title number {n} of very many") for n in range(8_000)]
    )
    args = ["index", path, "--store", str(tmp_path / "store"), "--encoder", "hashing"]
    process = subprocess.Popen([COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if "Encoding items" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=30) == 130, rest
    assert "Stopped" in rest
    done = run_json(*args)
    assert done["items"] == 8_000
    assert 0 < done["encoded"] < 8_000


def test_doctor_names_every_part(filled: tuple[str, ...], settings: Settings) -> None:
    checks = {check["name"]: check for check in run_json("doctor", *filled)["checks"]}
    extras = {"local", "vllm", "server", "train", "postgres", "ray"}
    assert set(checks) == {"python", "engine, model", "encoder", "store", "self-test"} | {
        f"extra {extra}" for extra in extras
    }
    assert "12 items, 0 not encoded" in checks["store"]["detail"]
    assert "Best: likelihood" in checks["self-test"]["detail"]
    assert all({"name", "ok", "detail", "remedy"} <= set(check) for check in checks.values())
    assert all(check["ok"] or check["remedy"] for check in checks.values())


def test_doctor_fails_where_the_engine_is_unusable(tmp_path: Path) -> None:
    found = run_json("doctor", "--ranker", "http://127.0.0.1:9", "--store", str(tmp_path / "none"), expect=1)
    (engine,) = (check for check in found["checks"] if check["name"] == "engine, model")
    assert not engine["ok"]
    assert "can't be reached" in engine["detail"]


def test_models_are_listed_with_licences() -> None:
    rows = {row["model"]: row for row in run_json("models")["models"]}
    assert {DEFAULT_MODEL, "google/gemma-3-270m", DEFAULT_ENCODER} == set(rows)
    assert rows["google/gemma-3-270m"]["licence"] == "Gemma Terms of Use"


def test_the_core_ranks_with_a_remote_vllm_and_no_torch(server_url: str, filled: tuple[str, ...]) -> None:
    """As installed without extras: torch and transformers can't be imported, the model is behind HTTP."""
    code = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None; from tastemaker.cli import main; main()"
    )
    args = ["recommend", "ann", "-k", "3", "--ranker", server_url, "--timeout", "240", "--json", *filled]
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["engine"] == "server"
    assert len(found["items"]) == 3
    local = subprocess.run(
        [sys.executable, "-c", code, "recommend", "ann", "--json", *filled], capture_output=True, text=True, check=False
    )
    error = json.loads(local.stdout)["error"]
    assert error["type"] == "MissingExtraError"
    assert "tastemaker[local]" in error["remedy"]


def test_vllm_in_this_process_leaves_stdout_to_the_json(filled: tuple[str, ...]) -> None:
    found = run_json("recommend", "ann", "-k", "2", "--no-explain", "--ranker", f"vllm:{DEFAULT_MODEL}", *filled)
    assert found["engine"] == "vllm"
    assert len(found["items"]) == 2


def test_the_server_refuses_another_model(server_url: str, filled: tuple[str, ...]) -> None:
    error = run_json("recommend", "ann", "--ranker", f"{server_url}#gpt-9", *filled, expect=1)["error"]
    assert error["type"] == "ModelMismatchError"
    assert "smollm2, not gpt-9" in error["what"]


def test_demo_from_nothing_and_again(tmp_path: Path) -> None:
    store = str(tmp_path / "demo")
    first = run("demo", "--store", store)
    assert "rated" in first.stdout
    assert "tastemaker reward" in first.stdout
    started = time.monotonic()
    found = run_json("demo", "--store", store)
    assert time.monotonic() - started < 120
    assert len(found["items"]) == 5
    assert all(item["explanation"] for item in found["items"])
    line = next(line for line in first.stdout.splitlines() if "tastemaker reward" in line)
    assert json.loads(run(*line.split()[1:], "--json").stdout)["reward"] == 1.0
