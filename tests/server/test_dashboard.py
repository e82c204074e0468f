"""The dashboard in a real Chromium: the figures of a filled log, drawn and as tables, and what an empty one says to do."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from tastemaker import Event, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.experiments import Experiment
from tastemaker.agent.feedback.schema import decision, feedback
from tastemaker.agent.feedback.trials import add_experiment
from tastemaker.server.app import create_app
from tastemaker.server.benchmark.in_thread import in_thread

from .browsing import CHROMIUM, PHONE, Visit, chromium
from .served import Served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium, or put one on PATH"),
]
DAYS, DECISIONS = 9, 36
HOSTILE = "<img src=x onerror=alert(1)>"
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def lived_in(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item], events: list[Event], embedded: Engine
) -> Iterator[Recommender]:
    """A store with nine days of decisions, what came of them, a few that had no time, and an experiment."""
    chance = random.Random(4)
    with Recommender.open(tmp_path_factory.mktemp("board") / "store", encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(items)
        opened.observe(events)
        arms = {"now": {}, "bolder": {"tau": 0.5, "epsilon": 0.2}}
        told = {"name": "bolder", "hypothesis": "More chance finds more that people open.", "variants": arms}
        add_experiment(opened.core.store.log, Experiment.model_validate(told))
        for n in range(DECISIONS):
            shown = opened.recommend(
                f"user{n}", query=chance.choice(["soup", "mars", "piano"]), k=3, tau=0.3, seed=n, explain=False,
                budget_ms=0.01 if n % 11 == 0 else None,
            )  # fmt: skip
            for item in shown.items:
                for type, often in (("click", 0.35), ("like", 0.25), ("dislike", 0.1), ("purchase", 0.05)):
                    if chance.random() < often:
                        opened.reward(shown.decision_id, item.id, type)
        _spread(opened, chance)
        yield opened


def _spread(opened: Recommender, chance: random.Random) -> None:
    """Move decisions, with what came of them, into the last days."""
    with opened.core.store.log.engine.begin() as connection:
        for row in connection.execute(sa.select(decision.c.id, decision.c.created_at)).all():
            back = timedelta(days=chance.randrange(DAYS), hours=2)
            before = datetime.fromisoformat(row.created_at) - back
            after = before + timedelta(seconds=5)
            own = feedback.c.decision_id == row.id
            connection.execute(decision.update().where(decision.c.id == row.id).values(created_at=before.isoformat()))
            connection.execute(feedback.update().where(own).values(received_at=after.isoformat()))


@pytest.fixture(scope="module")
def full_url(lived_in: Recommender) -> Iterator[str]:
    """A server of that store."""
    with in_thread(create_app(lived_in.core)) as url:
        yield url


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open tabs; none may have had a fault when it is closed."""
    visits: list[Visit] = []

    def start(url: str, **options: Any) -> Visit:
        visits.append(Visit(browser, url, **options))
        return visits[-1].open("/dashboard")

    yield start
    for one in visits:
        one.close()


def cells(tab: Visit, caption: str) -> list[list[str]]:
    """The rows of a table that is folded away until then."""
    tab.page.locator("summary", has_text="As a table").and_(tab.page.get_by_label(f"As a table: {caption}")).click()
    rows = tab.page.get_by_role("group", name=caption, exact=True).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def test_figures_with_intervals_and_denominators(visit: Open, full_url: str) -> None:
    tab = visit(full_url)
    told = tab.page.request.get(f"{full_url}/v1/dashboard").json()
    rates = {row[0]: row[1:] for row in cells(tab, "What came of what was shown")}
    names = {"ctr": "Opened", "cvr": "Bought", "coverage": "Coverage", "thumbs up": "Thumbs up"}
    for metric in told["metrics"]:
        if metric["name"] in names:
            numbers = (metric["value"], *metric["ci"])
            shown = [f"{100 * one:.1f}".removesuffix(".0") + "%" for one in numbers]
            assert rates[names[metric["name"]]] == [*shown, str(metric["denominator"])]
    opened = tab.page.locator(".tile", has_text="CTR")
    assert f"of {told['metrics'][0]['denominator']} impressions" in opened.inner_text()
    expect(opened.locator(".drawing .span")).to_have_count(1)
    assert (opened.locator("svg").get_attribute("aria-label") or "").startswith("Opened: ")


def test_days_latency_degradations_and_the_experiment(visit: Open, full_url: str) -> None:
    tab = visit(full_url)
    told = tab.page.request.get(f"{full_url}/v1/dashboard").json()
    days = cells(tab, "Day by day")
    assert len(days) == len(told["days"]) > 5
    assert sum(int(row[2]) for row in days) == sum(one["impressions"] for one in told["days"])
    assert tab.page.locator(".stretched").first.locator("rect").count() == 2 * len(days)
    assert [row[0] for row in cells(tab, "How long answers take")] == ["p50", "p90", "p99"]
    assert cells(tab, "Where the model fell short") == [
        ["No time left", f"{told['degraded']['budget']} ({100 * told['degraded']['budget'] / DECISIONS:.1f}%)"]
    ]
    arms = cells(tab, "bolder")
    assert {row[0] for row in arms} == {"now", "bolder"}
    assert sum(int(row[2]) for row in arms) == DECISIONS
    assert "tastemaker ab report bolder" in tab.page.inner_text("#board")
    variants = told["experiments"][0]["variants"]
    for name, *row in arms:
        ctr = variants[name]["ctr"]
        shown = [f"{100 * one:.1f}".removesuffix(".0") + "%" for one in (ctr["value"], *ctr["ci"])]
        assert row[4:7] == shown and len(row) == 10
        text = f"{shown[0]} (95%: {shown[1]} to {shown[2]}, n = {ctr['denominator']})"
        assert tab.page.get_by_role("img", name=f"{name}, Opened: {text}", exact=True).locator(".span").count() == 1
    assert tab.page.locator(".arms .drawing").count() == 2 * len(arms)


def test_hostile_names_stay_texts(visit: Open, full_url: str) -> None:
    tab = visit(full_url)
    told = tab.page.request.get(f"{full_url}/v1/dashboard").json()
    told["experiments"][0] |= {
        "name": HOSTILE,
        "hypothesis": HOSTILE,
        "variants": {HOSTILE: told["experiments"][0]["variants"]["now"]},
    }
    told["metrics"][0] |= {"name": HOSTILE, "unit": HOSTILE}
    told["degraded"] = {HOSTILE: 3}
    tab.page.route("**/v1/dashboard*", lambda route: route.fulfill(json=told))
    tab.page.get_by_role("button", name="Read again").click()
    expect(tab.page.locator("#board h3", has_text=HOSTILE).first).to_be_visible()
    assert tab.page.locator("#board img").count() == 0


def test_read_again_with_other_decisions(visit: Open, full_url: str) -> None:
    tab = visit(full_url)
    with tab.page.expect_request("**/v1/dashboard?matured=24"):
        tab.page.get_by_label("A decision counts").select_option("24")
    with tab.page.expect_response("**/v1/dashboard?matured=24"):
        tab.page.get_by_role("button", name="Read again").click()
    tab.page.route("**/v1/dashboard*", lambda route: route.fulfill(status=503, json={"message": "not ready"}))
    tab.page.get_by_role("button", name="Read again").click()
    expect(tab.page.get_by_role("status")).to_contain_text("not ready")
    tab.faults.clear()  # the refusal, as Chromium notes it


def test_an_empty_log_says_what_to_do(visit: Open, open_door: Served) -> None:
    tab = visit(open_door.url)
    assert "Ask for something on the first page" in tab.page.inner_text("#as-of")
    text = tab.page.inner_text("#board")
    for told in ("No thumbs yet. Give some", "POST /v1/feedback", "tastemaker ab start", "No answer was timed yet"):
        assert told in text
    assert "NaN" not in text and "undefined" not in text and "null" not in text
    assert tab.violations() == []


def test_chinese_and_narrow(visit: Open, full_url: str) -> None:
    tab = visit(full_url, locale="zh-CN", viewport=PHONE, is_mobile=True, has_touch=True)
    assert tab.page.inner_text("h1") == "运行情况"
    assert tab.page.title() == "指标 · Tastemaker"
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.overflow() == 0
    assert tab.violations() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Open, full_url: str, tmp_path: Path, scheme: str) -> None:
    tab = visit(full_url, color_scheme=scheme)
    tab.picture("dashboard.png" if scheme == "light" else "dashboard-dark.png", tmp_path, whole=True)
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.violations() == []
