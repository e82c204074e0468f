"""The analysis of an experiment against scipy, the bootstrap and figures by hand; worlds whose verdict is known; bad input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from typer.testing import CliRunner

from tastemaker import Event, EventType, Item, RankedItem, Recommendation, Recommender
from tastemaker.agent.experiments import Experiment, assign
from tastemaker.agent.feedback.heads import add_head
from tastemaker.agent.feedback.log import DecisionContext
from tastemaker.agent.feedback.trials import running
from tastemaker.cli.ab import app
from tastemaker.errors import InvalidInputError, MissingExtraError, NotFoundError
from tastemaker.eval.ab import aa_false_positives, analyse, metrics
from tastemaker.eval.ab.compare import trend
from tastemaker.eval.ab.sequential import Arm, difference, half_width, needed
from tastemaker.eval.report.ab import write_html

START = datetime(2026, 1, 1, tzinfo=UTC)
EXPERIMENT = Experiment.model_validate(
    {"name": "warm", "variants": {"control": {"head": "h1"}, "treatment": {"head": "h2"}}, "started_at": START}
)
Row = dict[str, Any]


def world(
    users: int = 800,
    experiment: Experiment = EXPERIMENT,
    rate: float = 0.2,
    lift: float = 0.0,
    skips: float = 0.0,
    few: bool = False,
    slower: float = 1.0,
    fades: float = 1.0,
    days: int = 4,
    seed: int = 0,
) -> tuple[list[Row], list[Row]]:
    """Decisions during and before an experiment; all that is different is the treatment's. Users have rates of their own."""  # fmt: skip
    rng = np.random.default_rng(seed)
    rows, before = list[Row](), list[Row]()
    for n in range(users):
        variant = assign([experiment], f"u{n}")[experiment.name]
        other, own = variant != experiment.control, rng.beta(4 * rate, 4 * (1 - rate))
        for day in range(-1, days):
            p = own * (1 + lift * fades**day) if other and day >= 0 else own
            here = other and day >= 0
            slate = [
                {
                    "item_id": f"i{item}", "position": place, "reward": 0.0,
                    "types": ["click"] * (rng.random() < p) + ["purchase"] * (rng.random() < p / 4)
                    + ["skip"] * (rng.random() < 0.1 + skips * here),
                }
                for place, item in enumerate(rng.choice(8 if few and here else 40, 4, replace=False), start=1)
            ]  # fmt: skip
            row = {
                "decision_id": f"d{n}-{day}", "user_id": f"u{n}", "variant": variant, "slate": slate,
                "created_at": START + timedelta(days=day, seconds=float(rng.integers(86_400))),
                "seconds": float(rng.gamma(9, 0.02)) * (slower if here else 1.0),
            }  # fmt: skip
            (rows if day >= 0 else before).append(row)
    return rows, before


@pytest.fixture(scope="module")
def equal() -> tuple[list[Row], list[Row]]:
    return world()


def by_user(rows: list[Row], kind: str = "click") -> dict[str, np.ndarray]:
    """float[users, 2] by variant: events and impressions, added up without the code under test."""
    sums: dict[str, dict[str, list[int]]] = {"control": {}, "treatment": {}}
    for row in rows:
        one = sums[row["variant"]].setdefault(row["user_id"], [0, 0])
        kinds = {"click", "purchase"} if kind == "click" else {kind}  # what was bought was opened
        one[0] += sum(bool(kinds & set(item["types"])) for item in row["slate"])
        one[1] += len(row["slate"])
    return {name: np.array(list(users.values()), np.float64) for name, users in sums.items()}


def test_sample_ratio_is_the_binomial_test() -> None:
    found = metrics.sample_ratio({"control": 70, "treatment": 40}, {"control": 2.0, "treatment": 1.0})
    assert found["p"] == pytest.approx(stats.binomtest(40, 110, 1 / 3).pvalue) and found["ok"]
    assert found["expected"] == {"control": pytest.approx(220 / 3), "treatment": pytest.approx(110 / 3)}
    many = metrics.sample_ratio({"control": 10_400, "treatment": 10_000}, {"control": 1.0, "treatment": 1.0})
    assert many["p"] == pytest.approx(stats.chisquare([10_400, 10_000]).pvalue, rel=0.03) and many["ok"]
    three = {"control": 300, "a": 305, "b": 200}
    found = metrics.sample_ratio(three, dict.fromkeys(three, 1.0))
    assert found["p"] == pytest.approx(2 * stats.binomtest(200, 500).pvalue) and not found["ok"]
    assert metrics.sample_ratio({"control": 0, "treatment": 0}, {"control": 1.0, "treatment": 1.0})["p"] is None


def test_with_as_many_impressions_each_the_delta_method_is_welch(equal: tuple[list[Row], list[Row]]) -> None:
    found = analyse(EXPERIMENT, equal[0])["comparisons"][0]["metrics"]
    for name, kind in (("CTR", "click"), ("CVR", "purchase")):
        rates = {arm: sums[:, 0] / sums[:, 1] for arm, sums in by_user(equal[0], kind).items()}
        welch = stats.ttest_ind(rates["treatment"], rates["control"], equal_var=False)
        assert found[name]["p"] == pytest.approx(welch.pvalue)
        assert found[name]["ci"] == pytest.approx([*welch.confidence_interval(0.95)])
        assert found[name]["relative"] == pytest.approx(rates["treatment"].mean() / rates["control"].mean() - 1)


def test_with_unequal_users_the_delta_method_is_the_bootstrap_over_users() -> None:
    rows, _ = world(users=900, lift=0.3, seed=1)
    rng = np.random.default_rng(0)
    eager = [row for n, row in enumerate(rows) if row["slate"][0]["types"] or n % 4 == 0]  # clicks and counts together
    arms = by_user(eager)
    drawn = {name: sums[rng.integers(0, len(sums), (2_000, len(sums)))].sum(axis=1) for name, sums in arms.items()}
    control, treatment = (drawn[name][:, 0] / drawn[name][:, 1] for name in arms)
    found = analyse(EXPERIMENT, eager)["comparisons"][0]["metrics"]["CTR"]
    gaps, changes = treatment - control, treatment / control - 1
    width = found["ci"][1] - found["ci"][0]
    assert found["ci"] == pytest.approx(np.quantile(gaps, [0.025, 0.975]), abs=0.06 * width)
    assert found["relative_ci"] == pytest.approx(np.quantile(changes, [0.025, 0.975]), rel=0.1)


def test_cuped_by_hand_and_narrower(equal: tuple[list[Row], list[Row]]) -> None:
    """With as many impressions each: the means less θ times those of before, θ = cov / var over all users (Deng et al. 2013)."""
    found = analyse(EXPERIMENT, *equal)["comparisons"][0]
    y, x = ({arm: sums[:, 0] / sums[:, 1] for arm, sums in by_user(rows).items()} for rows in equal)
    every = np.cov(np.r_[y["control"], y["treatment"]], np.r_[x["control"], x["treatment"]])
    theta = every[0, 1] / every[1, 1]
    adjusted = {arm: y[arm] - theta * x[arm] for arm in y}
    raw, cuped = found["metrics"]["CTR"], found["metrics"]["CTR, CUPED"]
    assert cuped["difference"] == pytest.approx(adjusted["treatment"].mean() - adjusted["control"].mean())
    welch = stats.ttest_ind(adjusted["treatment"], adjusted["control"], equal_var=False)
    assert cuped["ci"] == pytest.approx([*welch.confidence_interval(0.95)])
    assert cuped["ci"][1] - cuped["ci"][0] < 0.9 * (raw["ci"][1] - raw["ci"][0])
    assert found["balance_p"] == pytest.approx(stats.ttest_ind(x["treatment"], x["control"], equal_var=False).pvalue)
    assert not analyse(EXPERIMENT, equal[0])["comparisons"][0]["metrics"]["CTR, CUPED"]["estimable"]


def test_power_by_the_normal_formula(equal: tuple[list[Row], list[Row]]) -> None:
    found = analyse(EXPERIMENT, equal[0])["comparisons"][0]["power"]
    rates = by_user(equal[0])["control"]
    rates = rates[:, 0] / rates[:, 1]
    effect, reach = 0.05 * rates.mean(), stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert found["needed"] == pytest.approx(4 * rates.var(ddof=1) * reach**2 / effect**2, rel=0.001)
    error = np.sqrt(4 * rates.var(ddof=1) / found["users"])
    assert found["power"] == pytest.approx(
        stats.norm.sf(1.96 - effect / error) + stats.norm.cdf(-1.96 - effect / error), abs=1e-4
    )
    assert found["detectable"] == pytest.approx(reach * error / rates.mean(), rel=0.001)
    n = np.array(float(found["needed_at_any_look"]))
    left = effect - half_width(n, 4 * rates.var(ddof=1)) - 0.8416 * np.sqrt(4 * rates.var(ddof=1) / n)
    assert left == pytest.approx(0, abs=0.005 * effect)
    assert needed(0.1, 1e9, 0.01, 1.0) is None


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("users", [100.0, 1_000.0, 20_000.0])
def test_the_sequence_ends_where_the_mixture_martingale_is_one_over_alpha(users: float, alpha: float) -> None:
    """∫ exp(λS − λ²t / 2) dN(λ; 0, ρ²) = 1 / α at S = t · half width (Ville's inequality): an integral, not the closed form."""
    rho = np.sqrt((-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / 1_000)
    total = users * float(half_width(np.array(users), np.array(1.0), alpha))
    peak = total / (users + rho**-2)

    def mixed(step: float) -> float:
        return float(np.exp(step * total - step**2 * users / 2) * stats.norm.pdf(step, scale=rho))

    reach = 12 / np.sqrt(users + rho**-2)
    assert integrate.quad(mixed, peak - reach, peak + reach)[0] == pytest.approx(1 / alpha, rel=1e-6)


def test_the_sequence_of_a_difference_by_hand() -> None:
    """Four users and two: means 2 and 5, variances 4 / 3 and 2. n (s0² / n0 + s1² / n1) = 6 (1/3 + 1) = 8."""
    control, treatment = Arm.of(np.array([1.0, 1, 3, 3])), Arm.of(np.array([4.0, 6]))
    gap, width = difference(control, treatment)
    assert gap == 3.0 and width == pytest.approx(half_width(np.array(6.0), np.array(8.0)))
    assert half_width(np.array(1_000.0), np.array(1.0)) == pytest.approx(3.0352 / np.sqrt(1_000), rel=1e-4)


def test_looking_fifty_times_is_paid_for_by_the_sequence_alone() -> None:
    found = aa_false_positives(tests=400, seed=1)
    assert found["sequence"] <= 0.05 and found["fixed_z"] > 0.2 and found["last_look"] < 0.09
    assert found == aa_false_positives(tests=400, seed=1)
    with pytest.raises(InvalidInputError, match="tests"):
        aa_false_positives(tests=0)


@pytest.mark.parametrize(
    ("given", "verdict", "words"),
    [
        ({"lift": 0.8}, "ship", "click rate is higher and no guardrail is worse"),
        ({"lift": 0.05}, "hold", "can't be told"),
        ({"lift": -0.6}, "stop", "click rate is lower"),
        ({"lift": 0.8, "skips": 0.2}, "stop", "skip rate is worse"),
        ({"lift": 0.8, "slower": 1.5}, "stop", "seconds a decision is worse"),
        ({"lift": 0.8, "slower": 1.05}, "ship", "no guardrail"),
        ({"lift": 0.8, "few": True}, "hold", "fewer items"),
        ({"users": 120}, "hold", "100 are the least"),
        ({"rate": 0.0005}, "hold", "too few"),
    ],
    ids=str,
)
def test_worlds_whose_verdict_is_known(given: dict[str, Any], verdict: str, words: str) -> None:
    rows, before = world(**given)
    found = analyse(EXPERIMENT, rows, before)
    assert found["verdict"] == verdict and words in found["sentence"]
    assert found == analyse(EXPERIMENT, rows, before) and json.loads(json.dumps(found, allow_nan=False)) == found


def test_an_effect_too_small_to_matter_is_stopped(equal: tuple[list[Row], list[Row]]) -> None:
    found = analyse(EXPERIMENT.model_copy(update={"mde": 0.6}), equal[0])
    assert found["verdict"] == "stop" and "less than 0.6 of the control's" in found["sentence"]


def test_a_broken_split_is_invalid_whatever_else_it_says() -> None:
    rows, _ = world(lift=0.8)
    lost = [row for row in rows if row["variant"] == "control" or int(row["user_id"][1:]) % 3]
    found = analyse(EXPERIMENT, lost)
    assert found["verdict"] == found["comparisons"][0]["verdict"] == "invalid"
    assert not found["srm"]["ok"] and found["sentence"].startswith("Invalid: users of control")
    one_arm = analyse(EXPERIMENT, [row for row in rows if row["variant"] == "control"])
    assert one_arm["verdict"] == "invalid" and one_arm["srm"]["users"]["treatment"] == 0


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_users_are_not_estimable(equal: tuple[list[Row], list[Row]], count: int) -> None:
    found = analyse(EXPERIMENT, equal[0][:count])
    assert found["users"] == min(count, 1) and found["verdict"] == "hold" and "not estimable" in found["sentence"]
    assert not any(row["estimable"] for row in found["comparisons"][0]["metrics"].values())
    json.dumps(found, allow_nan=False)


def test_an_arm_without_clicks_and_users_who_are_all_alike() -> None:
    rows, _ = world(users=400)
    none = [
        {**row, "slate": [{**one, "types": []} for one in row["slate"]]} if row["variant"] == "control" else row
        for row in rows
    ]
    found = analyse(EXPERIMENT, none)["comparisons"][0]
    assert found["goal"]["better"] and found["metrics"]["CTR"]["relative"] is None
    same = [{**row, "seconds": 0.5, "slate": [{**one, "types": ["click"]} for one in row["slate"]]} for row in rows]
    found = analyse(EXPERIMENT, same)
    assert found["verdict"] == "hold" and "alike" in found["sentence"]
    assert not found["comparisons"][0]["guardrails"]["seconds a decision"]["estimable"]
    untimed = analyse(EXPERIMENT, [{**row, "seconds": None} for row in rows])["comparisons"][0]["guardrails"]
    assert "0 users with timed" in untimed["seconds a decision"]["why"]


def test_users_of_two_variants_are_counted_and_left_out(equal: tuple[list[Row], list[Row]]) -> None:
    other = {"control": "treatment", "treatment": "control"}
    extra = [{**row, "decision_id": f"x{n}", "variant": other[row["variant"]]} for n, row in enumerate(equal[0][:3])]
    crossed = {row["user_id"] for row in extra}
    found = analyse(EXPERIMENT, [*equal[0], *extra])
    assert found["crossed"] == len(crossed) and "more than one variant" in found["notes"][0]
    clean = analyse(EXPERIMENT, [row for row in equal[0] if row["user_id"] not in crossed])
    assert found["comparisons"] == clean["comparisons"]


def test_an_effect_that_fades_is_said() -> None:
    rows, _ = world(users=2_500, lift=1.5, fades=0.4, rate=0.15)
    found = analyse(EXPERIMENT, rows)
    one = found["comparisons"][0]
    assert one["trend"]["ci"][1] < 0 and any("novelty" in note for note in found["notes"])
    assert [day["day"] for day in one["days"]] == found["days"] and len(one["path"]) == 4
    widths = [day["ci"][1] - day["ci"][0] for day in one["path"]]
    assert widths == sorted(widths, reverse=True)
    last = one["path"][-1]
    assert last["difference"] == pytest.approx(one["goal"]["difference"])
    line = [{"day": f"2026-01-0{n}", "estimable": True, "difference": 1.0 - 0.1 * n, "ci": [-n, n]} for n in (1, 2, 4)]
    assert trend(line)["by_day"] == pytest.approx(-0.1) and not trend(line[:2])["estimable"]


def test_a_shared_head_is_a_reason_to_doubt(equal: tuple[list[Row], list[Row]]) -> None:
    arms = {"control": {}, "treatment": {"tau": 0.3}}
    shared = Experiment.model_validate({"name": "warm", "variants": arms, "started_at": START})
    assert "names its head" in analyse(shared, equal[0][:8])["notes"][0]
    assert analyse(EXPERIMENT, equal[0][:8])["notes"] == []


def test_three_arms_share_the_level() -> None:
    three = Experiment.model_validate(
        {"name": "warm", "variants": {"control": {}, "a": {}, "b": {}}, "started_at": START}
    )
    rows, _ = world(users=1_000, experiment=three, lift=1.2)
    found = analyse(three, rows)
    assert [one["treatment"] for one in found["comparisons"]] == ["a", "b"] and found["verdict"] == "ship"
    alone = Experiment.model_validate({"name": "warm", "variants": {"control": {}, "a": {}}, "started_at": START})
    wide, narrow = (
        one["comparisons"][0]["goal"]["ci"]
        for one in (found, analyse(alone, [row for row in rows if row["variant"] != "b"]))
    )
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"decision_id": "d0-1"}, "more than once"),
        ({"variant": "tretment"}, "'tretment'"),
        ({"user_id": None}, "no user"),
        ({"seconds": float("nan")}, "nan seconds"),
        ({"seconds": -1.0}, "-1.0 seconds"),
        ({"created_at": datetime(2026, 1, 2)}, "time zone"),
        ({"slate": [{"item_id": "i", "position": 1, "types": [], "reward": float("nan")}]}, "not finite"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_rows_that_are_wrong_are_refused(
    equal: tuple[list[Row], list[Row]], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        analyse(EXPERIMENT, [{**equal[0][0], **change}, *equal[0][1:8]])


def test_a_covariate_from_after_the_start_is_refused(equal: tuple[list[Row], list[Row]]) -> None:
    with pytest.raises(InvalidInputError, match="since the start"):
        analyse(EXPERIMENT, equal[0], equal[0][:1])
    with pytest.raises(InvalidInputError, match="time zone"):
        analyse(EXPERIMENT, equal[0], [{**equal[1][0], "created_at": datetime(2025, 1, 1)}])


def test_the_missing_extra_is_named(
    equal: tuple[list[Row], list[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = analyse(EXPERIMENT, equal[0])
    for name in ("tea_tasting", "tastemaker.eval.report.plots"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"tastemaker\[ab\]"):
        analyse(EXPERIMENT, equal[0])
    with pytest.raises(MissingExtraError, match=r"tastemaker\[ab\]"):
        write_html(found, tmp_path / "report.html")


def test_the_report_takes_names_as_data(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    odd = Experiment.model_validate(
        {"name": "$x", "hypothesis": evil, "variants": {"<b>": {}, "$t_{": {}}, "started_at": START}
    )
    rows, before = world(users=500, experiment=odd, lift=0.8)
    write_html(analyse(odd, rows, before), tmp_path / "full.html")
    text = (tmp_path / "full.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text and evil not in text and "<b>" not in text and text.count("<svg") == 3
    write_html(analyse(odd, []), tmp_path / "empty.html")
    text = (tmp_path / "empty.html").read_text(encoding="utf-8")
    assert "not estimable" in text and "<svg" not in text and "None" not in text and "nan" not in text


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Recommender]:
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        recommender.index([Item(id="i0", title="Soup for Winter")])
        yield recommender


def test_from_start_to_stop_by_the_command(opened: Recommender, tmp_path: Path) -> None:
    options = ["--store", str(tmp_path / "store"), "--encoder", "hashing"]

    def run(*args: str) -> Any:
        done = CliRunner().invoke(app, [*args, *options, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    arms = ["--variant", "control:head=h1", "--variant", "warm:tau=0.3, epsilon=0.05,head=h2"]
    with pytest.raises(InvalidInputError, match="no version of a head"):
        run("start", "first", *arms)
    for version in ("h1", "h2"):
        add_head(opened.core.store.log, version, {}, 0)
    began = run("start", "first", *arms, "--share", "0.6", "--hypothesis", "warm is better")
    assert began["variants"]["warm"] == {"weight": 1.0, "tau": 0.3, "epsilon": 0.05, "head": "h2"}
    log, [experiment] = opened.core.store.log, running(opened.core.store.log)
    for n in range(40):
        if arm := assign([experiment], f"u{n}"):
            show(opened, f"d{n}", f"u{n}", arm)
    found = run("report", "first", "--html", str(tmp_path / "report.html"))
    assert found["decisions"] == sum(bool(assign([experiment], f"u{n}")) for n in range(40))
    assert found["verdict"] == "hold" and (tmp_path / "report.html").exists()
    for wrong in (["first", *arms], ["second", *arms, "--share", "0.5"], ["third", "--variant", "a:tua=1", *arms],
                  ["third", "--variant", "control", *arms], ["third", "--variant", "a"]):  # fmt: skip
        with pytest.raises(InvalidInputError):
            run("start", *wrong)
    with pytest.raises(NotFoundError, match="Known are first"):
        run("report", "none")
    assert run("stop", "first") == {"name": "first", "state": "stopped"} and running(log) == []
    with pytest.raises(InvalidInputError, match="stopped already"):
        run("stop", "first")
    assert run("start", "second", *arms)["offset"] == 0.0
    assert [(one["name"], one["state"]) for one in run("list")["experiments"]] == [
        ("first", "stopped"), ("second", "running")
    ]  # fmt: skip
    for args in (["list"], ["report", "first"]):
        done = CliRunner().invoke(app, [*args, *options], catch_exceptions=False)
        assert done.exit_code == 0 and ("second" in done.stdout or "not estimable" in done.stdout)


def show(recommender: Recommender, decision: str, user: str, arm: dict[str, str]) -> None:
    """Log a slate of one item, and a click on it."""
    item = RankedItem(id="i0", title="T", rank=1, score=1.0, prior_rank=1)
    shown = Recommendation(
        decision_id=decision, user_id=user, items=(item,), policy_version="greedy", engine="none", model="none",
        log_propensity=0.0,
    )  # fmt: skip
    context = DecisionContext(
        query=None, seed=0, tau=0.0, epsilon=0.0, template_version="1", candidates=[], propensities=[0.0], request={},
        exposures=arm, seconds=0.1,
    )  # fmt: skip
    log = recommender.core.store.log
    log.add_decision(shown, context)
    log.add_reward(
        decision, f"e-{decision}", lambda user: Event(user_id=user or "x", item_id="i0", type=EventType.CLICK)
    )
