"""`bench conversation`, part by part: scores known by hand, a judge that finds what is planted, users that get what is wrong."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Iterable
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import BlockingPortal

from tastemaker import Recommender
from tastemaker.agent.conversation.model_reader import as_json
from tastemaker.agent.conversation.notation import parse
from tastemaker.agent.conversation.pieces import Gathering, Reply
from tastemaker.agent.conversation.reading import Reading
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines.base import Engine
from tastemaker.domain import RankedItem
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.eval.benchmarks import conversation as bench
from tastemaker.eval.benchmarks.conversation import first_token, lasting
from tastemaker.eval.benchmarks.conversation import judge as judging
from tastemaker.eval.benchmarks.conversation.films import Film, Films, read
from tastemaker.eval.benchmarks.conversation.genre_requests import measure, requests
from tastemaker.eval.benchmarks.conversation.judge import Critique, Heard, Ledger, Want, judge
from tastemaker.eval.benchmarks.conversation.playing import Chat, figures, play, wilson
from tastemaker.eval.benchmarks.conversation.readers import by_model
from tastemaker.eval.benchmarks.conversation.sentences import SENTENCES
from tastemaker.eval.benchmarks.conversation.talker import DIRECTIONS, GOING_ON, OPENING, Talker
from tastemaker.eval.benchmarks.conversation.utterances import (
    Scored,
    Utterance,
    f1,
    load,
    paired,
    slots,
    summary,
)
from tastemaker.eval.scripted import Scripted
from tastemaker.progress import silent
from tastemaker.prompts.builder import PromptBuilder
from tastemaker.retrieval.datasets import movielens

YEAR = 2025
COMEDY = Want("genre", frozenset({"Comedy"}), marks=("comedy",))
NO_HORROR = Want("genre", frozenset({"Horror"}), refused=True, marks=("horror",))
EIGHTIES = Want("year", low=1980, high=1989, marks=("1980",))


def films(*rows: tuple[str, str, int | None, str, int]) -> Films:
    """Films of id, title, year, genres and ratings."""
    made = [Film(one, title, year, frozenset(genres.split()), ratings) for one, title, year, genres, ratings in rows]
    return Films({film.id: film for film in made})


WORLD = films(
    ("1", "Big", 1988, "Comedy", 50), ("2", "Tootsie", 1982, "Comedy Drama", 40), ("3", "Alien", 1979, "Horror Sci-Fi", 90),
    ("4", "Clue", 1985, "Comedy Mystery", 10), ("5", "Lost Reel", None, "Comedy", 5), ("6", "Nameless", 1984, "", 5),
    ("7", "BIG", 1988, "Comedy", 1), ("8", "Scary Fun", 1986, "Comedy Horror", 20),
)  # fmt: skip


def kinds(
    now: Ledger, heard: Heard, before: Ledger | None = None, critique: Critique | None = None, k: int = 1
) -> set[str]:
    """The kinds of faults that the judge finds."""
    return {kind for kind, _ in judge(WORLD, before or now, now, critique, heard, k).faults}


def test_a_slate_without_fault_has_none() -> None:
    now = Ledger((COMEDY, NO_HORROR, EIGHTIES), gone=frozenset({"tootsie"}))
    found = judge(WORLD, now, now, None, Heard("Here.", ("1", "4")), 5)
    assert found.faults == [] and found.fits == 2 and found.conditions == 3  # Big, which two rows hold, and Clue


@pytest.mark.parametrize(
    ("now", "heard", "planted"),
    [
        (Ledger((COMEDY,)), Heard("", ("3",)), "condition"),
        (Ledger((NO_HORROR,)), Heard("", ("8",)), "condition"),
        (Ledger((EIGHTIES,)), Heard("", ("3",)), "condition"),
        (Ledger((EIGHTIES,)), Heard("", ("5",)), "condition"),  # no year is no year of the eighties
        (Ledger((NO_HORROR,)), Heard("", ("6",)), "condition"),  # nor are no genres free of horror
        (Ledger(gone=frozenset({"alien"})), Heard("", ("3",)), "again"),
        (Ledger(gone=frozenset({"big"})), Heard("", ("7",)), "again"),  # another row of the same film
        (Ledger(), Heard("", ("1", "7")), "twice"),
        (Ledger((COMEDY,)), Heard("Nothing is left that is a comedy."), "needless"),
        (Ledger(), Heard("Which?", options=("comedy", "drama")), None),
        (Ledger(asking=True), Heard("Which?", options=("comedy", "drama")), "questions"),
        (Ledger((COMEDY,)), Heard("Which?", options=("horror", "drama")), "reasked"),
        (Ledger(asked=("year",)), Heard("When?", options=("1970s", "1980s")), "reasked"),
    ],
)
def test_planted_faults_are_found(now: Ledger, heard: Heard, planted: str | None) -> None:
    assert kinds(now, heard) == ({planted} if planted else set())


def test_an_empty_reply_names_what_is_in_its_way() -> None:
    now = Ledger((EIGHTIES, Want("genre", frozenset({"War"}), marks=("war",))))
    assert kinds(now, Heard("Nothing is left. Without “War” there would be 5: shall I drop it?")) == set()
    assert kinds(now, Heard("Nothing is left.")) == {"unnamed"}


def test_a_critique_is_judged_by_the_mean_of_what_it_is_about() -> None:
    by = WORLD.by_id
    newer = Critique.of("newer", [by["2"], by["4"], by["5"]])  # whose year nobody knows
    assert newer.mean == 1983.5
    found = judge(
        WORLD, Ledger((COMEDY, EIGHTIES)), Ledger((COMEDY, EIGHTIES), (newer,)), newer, Heard("", ("1", "2")), 2
    )
    assert found.moved == 0.5 and (found.kept, found.to_keep) == (2, 2) and found.has("direction")
    lost = judge(WORLD, Ledger((COMEDY,)), Ledger((COMEDY,), (newer,)), newer, Heard("", ("3",)), 1)
    assert (lost.kept, lost.to_keep) == (0, 1)
    assert Critique.of("lighter", [by["2"]]).met(by["1"]) and not Critique.of("darker", [by["2"]]).met(by["1"])
    assert Critique.of("less known", [by["2"]]).met(by["4"]) and not Critique.of("better known", [by["2"]]).met(by["4"])
    assert not Critique.of("newer", [by["5"]]).met(by["1"])  # nothing to be newer than


def test_the_last_word_counts() -> None:
    either = Want("genre", frozenset({"Comedy", "Drama"}))
    ledger = Ledger().wanting(either, EIGHTIES).wanting(Want("year", high=1969))
    assert [want.high for want in ledger.wants if want.field == "year"] == [1969]
    refused = ledger.wanting(Want("genre", frozenset({"Comedy"}), refused=True))
    assert {want.genres for want in refused.wants if want.field == "genre"} == {
        frozenset({"Drama"}),
        frozenset({"Comedy"}),
    }
    assert not Ledger().wanting(COMEDY).wanting(Want("genre", frozenset({"Comedy"}), refused=True)).fits(films())
    critique = Critique("newer", 1980.0)
    lifted = ledger.criticising(critique).lifted("year")
    assert lifted.wants == (either,) and lifted.critiques == ()
    assert ledger.criticising(critique).criticising(Critique("older", 1970.0)).critiques == (Critique("older", 1970.0),)
    fresh = ledger.without(["x"]).fresh()
    assert fresh.wants == () and fresh.gone == {"x"}


def test_the_judge_and_the_user_know_nothing_of_how_chats_are_read() -> None:
    folder = Path(judging.__file__).parent
    for name in ("judge", "films", "talker", "sentences"):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not any("tastemaker.agent" in module or "retrieval" in module for module in modules), name


def written(folder: Path, titles: Iterable[str] = ("Star Wars", "Men in Black", "The Full Monty")) -> Path:
    """A small MovieLens: 240 films, a few of them famous."""
    rng = random.Random(0)
    genres = ["Comedy", "Drama", "Horror", "Action", "Romance", "Sci-Fi", "Comedy Romance", "War Drama"]
    rows = [
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq",
        "1\tPiano, The\t1993\tDrama Romance",
        "2\tunkonwn\tunkonwn\tunknown",
    ]
    rows += [f"{n}\t{title}\t{1990 + n}\tComedy" for n, title in enumerate(titles, start=3)]
    rows += [f"{n}\tFilm {n}\t{rng.randint(1950, 1998)}\t{rng.choice(genres)}" for n in range(10, 240)]
    (folder / "ml-100k.item").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rated = [f"{user}\t{item}\t4\t0" for user in range(70) for item in (1, 3, 4, 5)]
    rated += [f"99\t{item}\t4\t0" for item in (2, *range(10, 240))]
    (folder / "ml-100k.inter").write_text(
        "\n".join(["user_id:token\titem_id:token\trating:float\ttimestamp:float", *rated]) + "\n", encoding="utf-8"
    )
    return folder


def test_films_are_read_from_raw_rows(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert found.by_id["1"] == Film("1", "The Piano", 1993, frozenset({"Drama", "Romance"}), 70)
    assert (found.by_id["2"].year, found.by_id["2"].genres, found.by_id["2"].tone) == (None, frozenset(), None)
    assert [film.title for film in found.famous] == ["The Piano", "Star Wars", "Men in Black", "The Full Monty"]
    assert found.by_id["1"].tone == 0 and found.by_id["3"].tone == 1
    (tmp_path / "ml-100k.item").write_text("header\n1\tonly\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="2 fields"):
        read(tmp_path)


def chat_that_shows(ids: list[str], text: str = "Here.") -> Chat:
    """A chat that ignores whatever is said."""

    async def chat(message: str, conversation_id: str | None, user_id: str | None) -> Reply:
        shown = tuple(
            RankedItem(id=one, title=one, rank=n, score=0.0, prior_rank=n) for n, one in enumerate(ids, start=1)
        )
        return Reply(conversation_id=conversation_id or "c", turn=1, text=text, items=shown)

    return chat


def test_a_chat_that_ignores_the_user_fails(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    told = figures(anyio.run(play, chat_that_shows(["10", "11", "12"]), found, 40, 0))
    assert told["conversations"] == 40 and told["turns"] == told["slates"] >= 120
    assert told["constraint_share"] < 0.5 and told["reshown"] >= 80 and told["critique_share"] < 0.5
    assert told["kept_share"] < 0.9 and told["clean_ci"][1] < 0.6
    assert len(told["failures"]) == 10 and {"said", "reply", "faults"} <= set(told["failures"][0])
    assert told["other_language"] == told["by_language"]["zh"]["turns"]


def test_a_chat_that_shows_nothing_fails(tmp_path: Path) -> None:
    told = figures(anyio.run(play, chat_that_shows([], "Nothing."), read(written(tmp_path)), 20, 0))
    assert told["slates"] == 0 and told["constraint_share"] is None and told["critique_share"] is None
    assert told["empty_unnamed"] == told["empty"] > 20 and told["needless"] > 20


def test_the_real_chat_shows_nothing_twice_and_a_turn_is_measured(
    tmp_path: Path, store: Path, embedded: Engine
) -> None:
    data = written(tmp_path)
    with Recommender.open(store, encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(movielens.read_items(data))
        opened.observe(movielens.read_events(data))

        async def chat(message: str, conversation_id: str | None, user_id: str | None) -> Reply:
            made = Gathering()
            for piece in opened.chat(message, conversation_id, user_id=user_id, budget_ms=0.01, explain=False):
                made.add(piece)
            return made.reply()

        told = figures(anyio.run(play, chat, read(data), 12, 0))
        assert told["slates"] > 20 and told["constrained_slates"] > 10 and told["critiques"] > 3
        assert told["reshown"] == told["questions_in_a_row"] == 0 and told["by_language"]["zh"]["turns"] > 15
        cost = anyio.run(lasting.measure, opened.core, chat, silent, 22)
        assert cost["early_ms"]["n"] == cost["late_ms"]["n"] == 10 * lasting.REPEATS and cost["ratio"] > 0
        assert cost["first_late_turn"] == 22 and cost["state_bytes"]["21"] > cost["state_bytes"]["11"] > 100


def test_first_tokens_are_timed_in_turns(portal: BlockingPortal, embedded: Engine) -> None:
    told = portal.call(first_token.measure, embedded, PromptBuilder(), Vocabulary(), silent, 2)
    assert told["begun"] == 2 and told["chat_ms"]["n"] == told["engine_ms"]["n"] == 2
    assert told["ratio"] == pytest.approx(told["chat_ms"]["median"] / told["engine_ms"]["median"], abs=1e-3)


def test_conversations_are_the_same_for_a_seed_and_of_every_kind(tmp_path: Path) -> None:
    found, chat = read(written(tmp_path)), chat_that_shows(["10", "11", "12", "13", "14"])
    first, second, other = (anyio.run(play, chat, found, 200, seed) for seed in (0, 0, 1))
    texts = [[[turn.said.text for turn in one.turns] for one in some] for some in (first, second, other)]
    assert texts[0] == texts[1] != texts[2]
    said = {turn.said.kind for one in first for turn in one.turns}
    assert {*OPENING} <= said | {"years"} and said <= set(SENTENCES)
    assert {one for one in GOING_ON if one in SENTENCES} <= said and {*DIRECTIONS} <= said


def test_answers_to_a_question_count_as_conditions() -> None:
    asked = Heard("哪个年代？", options=("1970s", "1980s"))
    said = [Talker(WORLD, random.Random(seed), "zh").say(asked) for seed in range(30)]
    chosen = [one for one in said if one.kind == "option"]
    assert chosen and all(one.now.wants[-1].field == "year" for one in chosen)
    first = next(one for one in chosen if "二" in one.text)
    assert (first.now.wants[-1].low, first.now.wants[-1].high) == (1980, 1989)


def test_an_offer_is_taken_up() -> None:
    talker = Talker(WORLD, random.Random(0), "en")
    talker.ledger = Ledger((COMEDY, EIGHTIES))
    said = [talker.say(Heard("Nothing is left. Without “comedy” there would be 3: shall I drop it?"))]
    while said[-1].kind != "yes":
        talker.ledger = Ledger((COMEDY, EIGHTIES))
        said.append(talker.say(Heard("Nothing is left. Without “comedy” there would be 3: shall I drop it?")))
    assert said[-1].now.wants == (EIGHTIES,)


def test_wilson_is_the_textbook_interval() -> None:
    assert wilson(10, 10) == [0.7225, 1.0] and wilson(5, 10) == [0.2366, 0.7634] and wilson(0, 0) == [0.0, 1.0]
    assert wilson(1000, 1000)[0] == 0.9962


def utterance(wanted: str, language: str = "en", kind: str = "x") -> Utterance:
    """An utterance that is to be read so."""
    return Utterance(language, kind, "…", parse(wanted, YEAR))


def scored(wanted: str, found: str, language: str = "en") -> Scored:
    """Its score, read otherwise."""
    return Scored.of(utterance(wanted, language), parse(found, YEAR))


def test_slots_are_compared_as_people_write_them() -> None:
    assert slots(parse("-star=Adam_Sandler", YEAR)) == slots(parse("-star=adam_sandler", YEAR))
    assert slots(parse("like=頭號玩家", YEAR)) == slots(parse("like=头号玩家", YEAR))
    assert slots(parse("+genre=crime|mystery", YEAR)) == slots(parse("+genre=mystery|犯罪", YEAR))
    assert (
        slots(parse("+genre=crime", YEAR)) != slots(parse("-genre=crime", YEAR)) != slots(parse("=genre=crime", YEAR))
    )
    assert slots(parse("+year>1990", YEAR)) != slots(parse("+year>=1990", YEAR))
    assert slots(parse("conflict act=ask", YEAR)) == slots(parse("+genre=comedy -genre=comedy conflict", YEAR))
    assert slots(parse("act=ask", YEAR)) == {}


def test_scores_are_those_by_hand() -> None:
    some = [
        scored("+genre=comedy +year=1990..1999 -star=Adam_Sandler", "+genre=comedy -star=adam_sandler q=funny"),  # 2 right, 1 missed, 1 added
        scored("act=next", "act=next"),
        scored("{}", "+genre=western"),  # 1 added
        scored("~tone=lighter", "~tone=lighter act=next"),  # 1 right, the act wrong
    ]  # fmt: skip
    assert f1(some) == round(2 * 3 / (2 * 3 + 3), 4) and f1([some[1]]) is None
    told = summary([*some, scored("+genre=科幻", "+genre=sci-fi", "zh")])
    assert told["slot_f1"] == {"en": 0.6667, "zh": 1.0} and told["act_accuracy"] == 0.8
    assert (told["bare"], told["bare_with_condition"]) == (1, 1) and told["exact"] == {"en": 0.25, "zh": 1.0}
    assert told["by_kind"]["x"]["n"] == 5 and len(told["wrong"]) == 3
    assert told["slot_f1_ci"]["en"][0] <= 0.6667 <= told["slot_f1_ci"]["en"][1]


def test_readers_are_compared_in_pairs() -> None:
    wrong, right = scored("+genre=war", "{}"), scored("+genre=war", "+genre=war")
    told = paired([wrong] * 20, [right] * 15 + [wrong] * 5)
    assert told["exact"] == [0.0, 0.75] and told["difference"] == 0.75 and told["ci"][0] > 0 and told["p"] < 0.01


def test_utterances_are_read_from_both_kinds_of_files(tmp_path: Path) -> None:
    lines = tmp_path / "x.tsv"
    lines.write_text(
        "language\tkind\tutterance\tnotation\nen\tE03\tNo musicals\t-genre=musical\nzh\tZ05\t换一批\tact=next\n",
        "utf-8",
    )
    assert [(one.language, one.kind, one.text) for one in load(lines)] == [
        ("en", "E03", "No musicals"),
        ("zh", "Z05", "换一批"),
    ]
    table = tmp_path / "x.md"
    table.write_text(
        "# Text\n|#|utterance|reading|\n|-|-|-|\n|E15|I don't dislike westerns|`{}` (no constraint)|\n"
        "| Z39 | 要喜剧但不要搞笑 | `conflict act=ask` |\n|other|1|2|\n", "utf-8",
    )  # fmt: skip
    found = load(table)
    assert [(one.language, one.kind) for one in found] == [("en", "E15"), ("zh", "Z39")] and all(
        one.bare for one in found
    )
    assert found[0].text == "I don't dislike westerns" and found[1].reading.conflict
    for text, fault in (
        ("en\tx\ty\n", "is no language"),
        ("en\tx\ty\tnonsense\n", "no notation"),
        ("", "no utterance"),
    ):
        lines.write_text(text, "utf-8")
        with pytest.raises(DatasetError, match=fault):
            load(lines)
    with pytest.raises(DatasetError, match="can't be read"):
        load(tmp_path / "none.tsv")


def test_the_table_of_the_research_note_is_understood_by_the_notation(tmp_path: Path) -> None:
    rows = [
        "|E9|Anything Nolan directed after 2010|`+director=Nolan +year>2010`|",
        "|E5|Something newer please|`~year=later_than:last`|",
    ]
    (tmp_path / "c.md").write_text("\n".join(rows), "utf-8")
    first, second = load(tmp_path / "c.md")
    assert first.reading.conditions[1].above and second.reading.critiques[0].direction == "later"


def test_real_requests_name_one_genre_and_negate_nothing(tmp_path: Path) -> None:
    def said(*texts: tuple[int, str]) -> str:
        messages = [{"senderWorkerId": who, "text": text} for who, text in texts]
        return json.dumps({"messages": messages, "initiatorWorkerId": 1})

    path = tmp_path / "some.jsonl"
    rows = [
        said((1, "Any good comedies?"), (1, "I liked @7"), (2, "Try @8 or @7"), (1, "Something scary"), (2, "Then @9")),
        said((1, "no horror please"), (2, "@8"), (1, "a war comedy"), (2, "I love horror. @9")),
    ]
    path.write_text("\n".join(rows), "utf-8")
    (found,) = requests(path, {"7": "Seven", "8": "Eight", "9": "Nine"})
    assert (found.genre, found.text, found.mentioned) == ("comedy", "Any good comedies? I liked Seven", ("7",))
    assert found.targets == ("8", "9")


def test_what_was_not_measured_meets_no_bar() -> None:
    good = {
        "constraint_share": 1.0, "critique_share": 0.96, "kept_share": 0.99, "reshown": 0, "empty_unnamed": 0, "questions_in_a_row": 0,
        "reasked": 0, "slot_f1": {"en": 0.93, "zh": 0.91}, "act_accuracy": 0.96, "bare_with_condition": 0, "cost_ratio": 1.1,
        "first_token_ratio": 1.2,
    }  # fmt: skip
    assert all(row["met"] for row in bench.bars(good))
    for name, worse in (
        ("constraint_share", 0.999),
        ("reshown", 1),
        ("slot_f1", {"en": 0.93}),
        ("first_token_ratio", None),
    ):
        assert sum(not row["met"] for row in bench.bars(good | {name: worse})) == 1, name


def test_a_model_that_reads_rightly_is_scored_so(embedded: Engine, portal: BlockingPortal) -> None:
    """What the model may point to is all there: places, the last slate, conditions to lift."""
    marked = [one for path in bench.packaged() for one in load(path)]
    answers = {one.text: as_json(one.reading) for one in marked}

    def says(prompt: str) -> str:
        return answers[prompt.rsplit("\nMessage: ", 1)[1].split("\n")[0]]

    async def run() -> tuple[list[Scored], int]:
        given = [(one, Reading()) for one in marked]
        return await by_model(Scripted(embedded, says), PromptBuilder(), given, Vocabulary())

    read, failed = portal.call(run)
    told = summary(read)
    assert failed <= 0.02 * len(marked)
    assert min(told["slot_f1"].values()) > 0.9 and told["act_accuracy"] > 0.95


def test_what_is_learned_from_is_not_measured_on(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="learned from"):
        anyio.run(measure, tmp_path / "train_data.jsonl")
