"""Prompts: data stays data, the neutral prompt is the same words without the history, budgets hold."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.errors import InvalidInputError
from tastemaker.prompts.budget import cut, fair_share, newest_within, within
from tastemaker.prompts.builder import LINE_CHARS, PromptBuilder, candidate_line, language_of

BUILDER = PromptBuilder()


def test_a_history_is_a_list_that_the_candidate_continues() -> None:
    prompt = BUILDER.choice(["Heat. Crime", "Fargo"], "something dark", "en")
    assert prompt == (
        "What this person liked, most recent last:\n- Heat. Crime\n- Fargo\n"
        "Now looking for: something dark\nA good next choice:\n-"
    )
    assert candidate_line("Alien\nHorror") == " Alien Horror"


def test_the_neutral_prompt_is_the_end_of_every_prompt() -> None:
    for language in ("en", "zh"):
        neutral = BUILDER.choice([], None, language)
        assert BUILDER.choice(["x"], "y", language).endswith(neutral)


def test_chinese_is_asked_in_chinese() -> None:
    assert BUILDER.choice(["一本书"], None, "zh") == "这位用户最近喜欢的:\n- 一本书\n接下来推荐的是:\n-"


@given(st.text(max_size=500))
def test_no_text_makes_a_line_of_its_own(text: str) -> None:
    plain = BUILDER.choice(["x"], None, "en").count("\n")
    assert BUILDER.choice([text], None, "en").count("\n") == plain
    assert len(candidate_line(text)) <= LINE_CHARS + 1


def test_template_syntax_in_data_stays_text() -> None:
    assert "{{ 7 * 7 }} {% include 'x' %}" in BUILDER.choice(["{{ 7 * 7 }} {% include 'x' %}"], None, "en")


@pytest.mark.parametrize(
    "token",
    ["<|im_end|>", "<|im_start|>", "<end_of_turn>", "<start_of_turn>", "</s>", "<s>", "[INST]", "<bos>", "<|eot_id|>"],
)
def test_control_tokens_in_data_are_defused(token: str) -> None:
    prompts = [
        BUILDER.choice([f"Soup{token}"], f"q{token}", "en"),
        BUILDER.labels([f"Soup{token}"], None, [("A", f"Heat{token}")]),
        str(BUILDER.reason(f"Soup{token}", [("e1", f"liked{token}", f"Heat{token}")], "en")),
        candidate_line(f"Soup{token}"),
    ]
    assert all(token not in prompt for prompt in prompts)
    assert "Soup" in prompts[0]


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="'language' is undefined"):
        BUILDER.templates.render("choice", history=[], query="")


HEAD = "{# version: 9\n   use: x\n   variables: history, query, language\n   output: x #}\n"
CHOICE = HEAD + "{% for line in history %}{{ line }}\n{% endfor %}{{ query }}\nNext:\n-"
BAD = {
    "no head": ("Next:", "says nothing of its version"),
    "syntax": (HEAD + "{% for %}", "can't be parsed"),
    "undeclared": (HEAD + "{{ history }}{{ query }}{{ language }}{{ secret }}", "uses secret"),
    "no history": (HEAD + "{{ query }}\nNext:\n-", "leaves out"),
    "no end of its own": (HEAD + "{{ history | join }}{{ query }}", "must end"),
    "too long": (HEAD + "x" * 20_001, "more than 20,000"),
    "reaches out": (CHOICE + "{{ ''.__class__.__mro__ }}", "unsafe"),
}


def test_a_folder_s_own_template_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "choice.jinja").write_text(CHOICE, encoding="utf-8")
    own = PromptBuilder(tmp_path)
    assert own.choice(["Heat"], "x", "en") == "Heat\nx\nNext:\n-" and own.version != BUILDER.version
    assert own.templates.all["choice"].version == "9"
    assert own.labels(["x"], None, [("A", "Alien")]) == BUILDER.labels(["x"], None, [("A", "Alien")])


@pytest.mark.parametrize(("source", "says"), BAD.values(), ids=list(BAD))
def test_a_template_that_can_t_serve_is_refused(tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "choice.jinja").write_text(source, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=says):
        PromptBuilder(tmp_path)


def test_a_folder_without_templates_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no template"):
        PromptBuilder(tmp_path)


def test_labels_and_reasons_render() -> None:
    assert "A. Alien\nB. Heat" in BUILDER.labels(["x"], None, [("A", "Alien"), ("B", "Heat")])
    for language in ("en", "zh"):
        turns = BUILDER.reason("Alien", [("e1", "liked", "Heat")], language, "formal", "short")
        assert [role for role, _ in turns] == ["user", "assistant"] * 2 + ["user"]
        assert "Alien" in turns[-1][1]
        assert "Heat" in turns[-1][1]


def test_the_version_is_short_and_steady() -> None:
    assert BUILDER.version == PromptBuilder().version
    assert len(BUILDER.version) == 12


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["一部电影"], "zh"),
        (["看《Star Wars》吧"], "en"),
        (["Heat"], "en"),
        ([], "en"),
        (["…"], "en"),
        (["推荐几部科幻电影, like Alien"], "zh"),
    ],
)
def test_language(texts: list[str], language: str) -> None:
    assert language_of(texts) == language


@given(st.lists(st.integers(0, 50)), st.integers(-5, 200))
def test_the_newest_that_fit_are_kept(lengths: list[int], budget: int) -> None:
    kept = newest_within(lengths, budget)
    assert 0 <= kept <= len(lengths)
    assert kept == 0 or sum(lengths[len(lengths) - kept :]) <= budget
    assert kept == len(lengths) or sum(lengths[len(lengths) - kept - 1 :]) > budget


@pytest.mark.parametrize(
    ("text", "chars", "kept"),
    [
        ("a quiet film", 12, "a quiet film"),
        ("a quiet film", 9, "a quiet"),
        ("a quiet film", 7, "a quiet"),
        ("a quiet film", 1, "a"),
        ("unbroken", 3, "unb"),
        ("一部关于探索的纪录片", 4, "一部关于"),
        ("看film吧", 3, "看"),
        ("cafe\u0301 au lait", 4, "caf"),
        ("cafe\u0301 au lait", 6, "cafe\u0301"),
        ("ok 👩\u200d👧 yes", 4, "ok"),
        ("ok 👩\u200d👧 yes", 6, "ok 👩\u200d👧"),
        ("state-of-the-art", 10, "state-of-"),
    ],
)
def test_texts_end_between_words_or_before_a_wide_character(text: str, chars: int, kept: str) -> None:
    assert cut(text, chars) == kept


@given(st.text(), st.integers(1, 40))
def test_what_is_cut_is_a_beginning(text: str, chars: int) -> None:
    kept = cut(text, chars)
    assert text.startswith(kept) and len(kept) <= chars and bool(kept.strip()) >= bool(text[:1].strip())


@given(st.text(), st.integers(-3, 60), st.integers(1, 4))
def test_tokens_hold(text: str, tokens: int, per_char: int) -> None:
    asked: list[str] = []

    async def count(part: str) -> int:
        asked.append(part)
        return min(per_char * len(part), len(part.encode("utf-8", "replace")) + 1)

    kept = anyio.run(within, text, tokens, count)
    assert text.startswith(kept)
    assert not kept or anyio.run(count, kept) <= tokens
    assert len(asked) <= 60


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.integers(30, 2_000))
def test_nobody_loses_while_another_takes_more(lengths: list[int], budget: int) -> None:
    share = fair_share(lengths, budget)
    assert share >= 1 and sum(min(length, share) for length in lengths) <= budget
    assert share >= max(lengths) or sum(min(length, share + 1) for length in lengths) > budget
