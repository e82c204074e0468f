"""`prompts show`, `check` and `diff`, as installed; and what other templates would have made of logged decisions."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from typer.testing import CliRunner, Result

from tastemaker import Event, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.modes import Mode
from tastemaker.cli import app
from tastemaker.errors import InvalidInputError
from tastemaker.eval.templates import compare_templates
from tastemaker.prompts.builder import PromptBuilder

CHOICE = (files("tastemaker.prompts") / "templates" / "choice.jinja").read_text(encoding="utf-8")


def invoke(*args: str) -> Result:
    return CliRunner().invoke(app, ["prompts", *args])


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A folder with one template of its own, whose neutral prompt is the end of the others too."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "choice.jinja").write_text(
        CHOICE.replace("A good next choice:", "Next, something just as good:"), "utf-8"
    )
    return folder


def test_templates_are_shown_with_what_they_are_for() -> None:
    listed = invoke("show").stdout
    assert PromptBuilder().version in listed
    assert all(name in listed for name in ("choice", "labels", "yes_or_no", "reason"))
    one = invoke("show", "labels").stdout
    assert "{% for label, line in candidates %}" in one and "A. Heat. Crime" in one
    assert isinstance(invoke("show", "nothing").exception, InvalidInputError)


def test_a_folder_is_checked(changed: Path, tmp_path: Path) -> None:
    found = invoke("check", str(changed), "--json")
    assert found.exit_code == 0 and '"own": [\n    "choice"\n  ]' in found.stdout
    (changed / "choice.jinja").write_text("{{ nobody }}", "utf-8")
    error = invoke("check", str(changed)).exception
    assert isinstance(error, InvalidInputError) and "says nothing of its version" in error.what
    assert isinstance(invoke("check", str(tmp_path / "missing")).exception, InvalidInputError)


def test_a_difference_is_shown_line_by_line(changed: Path) -> None:
    said = invoke("diff", str(changed), "--last", "0").stdout
    assert "-A good next choice:" in said and "+Next, something just as good:" in said
    (changed / "choice.jinja").write_text(CHOICE, "utf-8")
    assert "the same" in invoke("diff", str(changed)).stdout


def test_logged_decisions_are_ranked_again_with_both(
    store: Path, items: list[Item], events: list[Event], embedded: Engine, portal: BlockingPortal, changed: Path
) -> None:
    with Recommender.open(store, encoder="hashing") as recommender:
        recommender.index(items)
        recommender.observe(events)
        recommender.core.use_engine(recommender.core.settings.ranker, embedded)
        first = recommender.recommend("ann", k=3, explain=False)
        recommender.recommend(query="a piano", k=3, explain=False)
        recommender.recommend([items[0].id], k=3, explain=False)  # nobody knows later who that was
        recommender.reward(first.decision_id, first.items[1].id, "like")
        parts = recommender.core.store, embedded, Mode.LIKELIHOOD
        same = portal.call(compare_templates, *parts, PromptBuilder(), PromptBuilder(), 10)
        other = portal.call(compare_templates, *parts, PromptBuilder(), PromptBuilder(changed), 10)
        newest = portal.call(compare_templates, *parts, PromptBuilder(), PromptBuilder(), 1)
    assert same["decisions"] == 2 and same["tau"] == 1 and same["same_first"] == 1
    assert same["current"]["tokens"] == same["other"]["tokens"] > 0
    assert same["rewards"] == 1 and same["current"]["rewarded_rank"] == 2
    assert other["other"]["tokens"] > other["current"]["tokens"] and -1 <= other["tau"] < 1
    assert newest["decisions"] == 0 and newest["tau"] is None
