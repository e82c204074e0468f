"""The page in a real Chromium, with the real server and the real small model: whole journeys by mouse, by keyboard, by phone."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tastemaker import Event, EventType, Item, Recommender
from tastemaker.agent.engines.base import Engine
from tastemaker.errors import UnknownUserError
from tastemaker.server import page as page_module
from tastemaker.server.access import Access
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys, Scope

from .browsing import CHROMIUM, PHONE, Visit, chromium
from .served import Serve, Served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium, or put one on PATH"),
]
FILMS = Path(__file__).parents[1] / "agent" / "conversation" / "films.py"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>Bold</b>"
ASK = "a comedy from the 90s, nothing with Adam Sandler"
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, embedded: Engine) -> Iterator[Recommender]:
    """The films, one with an address, two with hostile texts, and events that make some of them popular."""
    films: list[Item] = runpy.run_path(str(FILMS))["films"]()
    items = [film.model_copy(update={"url": "https://films.example/f6"}) if film.id == "f6" else film for film in films]
    items += [
        Item(id="evil", title=HOSTILE, categories=("Musical", "<i>x"), url="javascript:document.title='owned'"),
        Item(id="long", title="W" * 400, categories=("Musical",), attributes={"director": "x" * 900}),
    ]
    with Recommender.open(tmp_path_factory.mktemp("page") / "store", encoder="hashing", dtype="float32") as opened:
        opened.core.use_engine(opened.core.settings.ranker, embedded)
        opened.index(items)
        liked = [(f"u{n}", f"f{m}") for n in range(4) for m in range(1, 17) if (n * m) % 5 < 2]
        liked += [("u9", "evil"), ("u9", "long")]
        opened.observe(Event(user_id=user, item_id=item, type=EventType.LIKE) for user, item in liked)
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, open_door: Served) -> Iterator[Open]:
    """Open tabs; at the end of the test they are closed, and none may have had a fault."""
    visits: list[Visit] = []

    def start(path: str = "/", url: str = open_door.url, **options: Any) -> Visit:
        visits.append(Visit(browser, url, **options))
        return visits[-1].open(path)

    yield start
    for one in visits:
        one.close()


def like(page: Page) -> None:
    """Give the first card a thumb up."""
    page.click(".card.first .like")
    expect(page.locator(".card.first .like")).to_have_attribute("aria-pressed", "true")


def given(filled: Recommender, decision: str) -> list[str]:
    """The types of the rewards that a slate got."""
    return sorted(row["type"] for row in filled.core.store.log.rewards(decision) if row["type"])


def test_ask_and_lift_a_condition(visit: Open) -> None:
    tab = visit()
    tab.say(ASK)
    assert tab.titles() == [one for one in tab.titles() if re.search(r"199\d$", one)]
    assert len(tab.titles()) == 3
    assert tab.page.locator(".card .facts").first.inner_text()
    assert all(one.strip() for one in tab.page.locator(".card .why").all_inner_texts())
    chips = tab.chips()
    assert len(chips) == 3
    tab.page.get_by_role("button", name=f"Remove the condition: {chips[1]}").click()
    tab.settle()
    assert tab.chips() == [chips[0], chips[2]]
    assert "Without: " in tab.page.inner_text("#log")
    assert tab.titles()


def test_a_reply_is_shown_as_it_comes_and_told_in_a_few_lines(visit: Open) -> None:
    tab = visit()
    tab.page.evaluate(
        """() => {
          window.told = []; window.waited = 0;
          const status = document.querySelector("#status");
          new MutationObserver(() => told.push(status.textContent)).observe(status, {childList: true});
          new MutationObserver(() => {
            if (document.querySelector(".why.waiting")) window.waited += 1;
          }).observe(document.querySelector("#cards"), {childList: true, subtree: true});
        }"""
    )
    tab.say(ASK)
    told = tab.page.evaluate("told")
    assert tab.page.evaluate("waited") > 0  # the cards were there before their reasons
    assert 2 <= len(told) <= 4
    assert "3 suggestions" in told[-2]
    assert tab.page.get_attribute("#log", "aria-live") == "off"


def test_a_question_is_answered_by_a_button(visit: Open) -> None:
    tab = visit()
    tab.page.get_by_role("button", name="Recommend something").click()
    tab.settle()
    options = tab.page.get_by_role("group", name="Answers to choose from").get_by_role("button")
    assert options.count() > 2
    options.first.click()
    tab.settle()
    assert tab.titles()
    assert len(tab.chips()) == 1
    assert tab.page.locator(".options").count() == 0


def test_opinions_become_rewards_and_more_like_this_asks(visit: Open, filled: Recommender) -> None:
    tab = visit()
    tab.say("a comedy or a romance")
    page = tab.page
    like(page)
    page.locator(".card >> nth=1").get_by_role("button", name="I dislike").click()
    page.locator(".card >> nth=2").get_by_role("button", name="Not for me").click()
    expect(page.locator(".card.unwanted")).to_have_count(2)
    expect(page.locator("#status")).to_have_text("Noted: not for you.")
    decision = json.loads(page.evaluate("sessionStorage.getItem('tastemaker.slate')"))["decision"]
    assert given(filled, decision) == ["dislike", "like", "skip"]
    page.click(".card.first .dislike")  # a change of mind
    expect(page.locator(".card.first .dislike")).to_have_attribute("aria-pressed", "true")
    assert given(filled, decision) == ["dislike", "dislike", "like", "skip"]
    before = tab.titles()
    page.locator(".card >> nth=2").get_by_role("button", name="More like this").click()
    tab.settle()
    assert tab.titles() and not {*tab.titles()} & {*before}
    assert page.evaluate("document.activeElement.id") == "shelf"


def test_the_title_leads_to_the_item_and_that_is_a_click(visit: Open, filled: Recommender) -> None:
    tab = visit()
    tab.page.context.route("https://films.example/**", lambda route: route.fulfill(body="a film"))
    tab.say("a comedy with Bill Murray")
    link = tab.page.get_by_role("link", name="Open Groundhog Day (1993) in a new tab")
    with tab.page.context.expect_page() as opened, tab.page.expect_response("**/v1/feedback"):
        link.click()
    assert opened.value.url == "https://films.example/f6"
    decision = json.loads(tab.page.evaluate("sessionStorage.getItem('tastemaker.slate')"))["decision"]
    assert given(filled, decision) == ["click"]


def test_variety_reaches_the_decision(visit: Open, filled: Recommender) -> None:
    tab = visit()
    tab.page.get_by_role("slider", name="Variety").fill("8")
    with tab.page.expect_request("**/v1/chat") as sent:
        tab.say("a comedy")
    assert json.loads(sent.value.post_data or "")["diversity"] == 0.8
    assert tab.titles()


def test_the_profile_is_shown_corrected_exported_and_erased(visit: Open, filled: Recommender) -> None:
    tab = visit()
    page = tab.page
    tab.say("a comedy")
    like(page)
    liked = page.get_attribute(".card.first", "data-item")
    page.get_by_role("button", name="What I know of you").click()
    panel = page.get_by_role("dialog", name="What I know of you")
    switch = panel.get_by_role("switch", name="Avoid Comedy")
    switch.click()
    expect(panel.get_by_role("switch", name="Avoid Comedy")).to_have_attribute("aria-checked", "true")
    assert filled.preferences(tab.user).avoided == ("Comedy",)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "switch"
    panel.get_by_label("Avoid another category").fill("Horror")
    panel.get_by_role("button", name="Add", exact=True).click()
    expect(panel.get_by_role("switch", name="Avoid Horror")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        panel.get_by_label("Reasons in").select_option("zh")
    expect(panel.get_by_role("status")).to_have_text("Saved.")
    assert filled.preferences(tab.user).languages == ("zh",)
    with page.expect_download() as download:
        panel.get_by_role("button", name="Export all of it").click()
    told = json.loads(Path(download.value.path()).read_text())
    assert [one["item_id"] for one in told["events"]] == [liked]
    panel.get_by_role("button", name="Forget").click()
    expect(panel.get_by_role("status")).to_contain_text("Forgotten")
    assert filled.profile(tab.user).liked == ()
    panel.get_by_role("button", name="Erase all of it").click()
    assert page.evaluate("document.activeElement.textContent") == "Keep it"
    panel.get_by_role("button", name="Yes, erase everything").click()
    expect(panel.get_by_role("status")).to_contain_text("what you set")
    with pytest.raises(UnknownUserError):
        filled.profile(tab.user)
    page.keyboard.press("Escape")
    assert tab.titles() == []
    assert page.evaluate("sessionStorage.getItem('tastemaker.slate')") is None


def test_a_reload_and_an_earlier_conversation(visit: Open) -> None:
    tab = visit()
    tab.say(ASK)
    titles, chips = tab.titles(), tab.chips()
    tab.open()
    assert (tab.titles(), tab.chips()) == (titles, chips)
    assert ASK in tab.page.inner_text("#log")
    tab.page.get_by_role("button", name="Start over").click()
    assert (tab.titles(), tab.chips()) == ([], [])
    tab.page.click("#open-profile")
    tab.page.get_by_role("dialog").get_by_role("button", name=ASK).click()
    expect(tab.page.locator(".chip")).to_have_count(len(chips))
    tab.say("show me others")
    assert not {*tab.titles()} & {*titles}


def test_everything_by_keyboard(visit: Open, filled: Recommender) -> None:
    tab = visit()
    page, key = tab.page, tab.page.keyboard
    key.press("Tab")
    expect(page.locator(".jump").first).to_be_in_viewport()
    key.press("Enter")
    assert page.evaluate("document.activeElement.id") == "message"
    key.type(ASK)
    key.press("Shift+Enter")
    assert page.input_value("#message").endswith("\n")
    key.press("Enter")
    tab.settle()
    assert page.evaluate("document.activeElement.id") == "message"
    seen: list[str] = []
    for _ in range(14):
        key.press("Tab")
        seen.append(page.evaluate("(document.activeElement.className || document.activeElement.id).split(' ').at(-1)"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none" or seen[-1] == "shelf", seen
        if seen[-1] == "like":
            key.press("Space")
            expect(page.locator(".card.first .like")).to_have_attribute("aria-pressed", "true")
        if seen[-1] == "evidence":
            break
    assert [one for one in seen if one not in {"chip", "open"}] == [
        "strong", "variety", "link", "like", "dislike", "skip", "similar", "evidence",
    ]  # fmt: skip
    pop = page.locator(".card.first .pop")
    expect(pop).to_be_visible()
    assert pop.locator(".fact").count() > 0
    key.press("Escape")
    expect(pop).to_be_hidden()
    page.focus("#open-profile")
    key.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    key.press("Escape")
    assert page.evaluate("document.activeElement.id") == "open-profile"
    assert filled.profile(tab.user).liked


def test_evidence_on_hover(visit: Open) -> None:
    tab = visit()
    tab.say(ASK)
    tab.page.hover(".card.first .evidence")
    pop = tab.page.locator(".card.first .pop")
    expect(pop).to_be_visible()
    pop.hover()
    expect(pop).to_be_visible()
    tab.page.mouse.move(2, 2)
    expect(pop).to_be_hidden()


def test_chinese(visit: Open) -> None:
    tab = visit(locale="zh-CN")
    page = tab.page
    assert page.get_attribute("html", "lang") == "zh-Hans"
    tab.say("九十年代的喜剧，不要亚当·桑德勒")
    assert "推荐" in page.inner_text("#log")
    assert all(re.search("[一-龥]", one) for one in page.locator(".card .why").all_inner_texts())
    untold = page.evaluate(
        """() => [...document.querySelectorAll("[data-t]")].filter(
          (one) => !["Tastemaker"].includes(one.textContent) && !/[\\u4e00-\\u9fa5]/.test(one.textContent)
        ).map((one) => one.dataset.t)"""
    )
    assert untold == []
    page.get_by_role("button", name="English").click()
    assert page.get_attribute("html", "lang") == "en"
    expect(page.get_by_role("button", name="Not for me").first).to_be_visible()
    tab.open()
    assert page.get_attribute("html", "lang") == "en"


def test_dark_and_light(visit: Open) -> None:
    tab = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = tab.page.evaluate(ground)
    tab.page.get_by_role("button", name="Light colours").click()
    light = tab.page.evaluate(ground)
    assert dark != light
    tab.open("/dashboard")
    assert tab.page.evaluate(ground) == light
    assert visit().page.evaluate(ground) == light


def test_reduced_motion(visit: Open) -> None:
    tab = visit(reduced_motion="reduce")
    tab.page.fill("#message", ASK)
    tab.page.press("#message", "Enter")
    tab.page.wait_for_selector(".card")
    assert tab.page.evaluate("document.getAnimations().length") == 0
    tab.settle()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_is_wider_than_a_phone(visit: Open, locale: str) -> None:
    tab = visit(locale=locale, viewport=PHONE, is_mobile=True, has_touch=True)
    assert tab.overflow() == 0
    tab.say(ASK)
    assert tab.overflow() == 0
    expect(tab.page.locator(".card.first h3")).to_be_in_viewport()
    expect(tab.page.locator("#message")).to_be_in_viewport()
    tab.page.tap(".card.first .evidence")
    expect(tab.page.locator(".card.first .pop")).to_be_visible()
    assert tab.overflow() == 0
    tab.page.click("#open-profile")
    expect(tab.page.locator("#profile")).to_be_visible()
    assert tab.overflow() == 0
    tab.open("/dashboard")
    assert tab.overflow() == 0


def test_hostile_texts_stay_texts(visit: Open) -> None:
    tab = visit()
    tab.say("a musical")
    assert {HOSTILE, "W" * 400} < {*tab.titles()}
    assert tab.page.locator("#cards img, #cards b, #cards i, #log img").count() == 0
    assert "<i>x" in tab.page.inner_text(".card[data-item=evil] .facts")
    assert tab.page.locator(".card[data-item=evil] h3 a").count() == 0
    tab.page.locator(".card[data-item=evil] .like").click()
    expect(tab.page.locator(".card[data-item=evil] .like")).to_have_attribute("aria-pressed", "true")
    tab.page.click("#open-profile")
    expect(tab.page.get_by_role("button", name=f"Forget {HOSTILE}")).to_be_visible()
    tab.page.keyboard.press("Escape")
    tab.say(HOSTILE)
    assert HOSTILE in tab.page.inner_text("#log")
    assert tab.page.locator("#log img").count() == 0
    assert tab.page.title() == "Tastemaker"


def test_what_went_wrong_is_said_and_can_be_tried_again(visit: Open) -> None:
    tab = visit()
    page = tab.page
    page.route(
        "**/v1/chat", lambda route: route.fulfill(body='data: {"kind":"text","text":"Well…","conversation_id":"c"}\n\n')
    )
    tab.say(ASK)
    expect(page.get_by_role("alert")).to_contain_text("connection was lost")
    page.unroute("**/v1/chat")
    page.evaluate("sessionStorage.clear()")
    page.get_by_role("button", name="Try again").click()
    tab.settle()
    assert tab.titles()
    refused = {"status": 409, "json": {"error": {"message": "<i>is taken</i>"}}}
    page.route("**/v1/feedback", lambda route: route.fulfill(**refused))
    page.click(".card.first .like")
    expect(page.locator(".card.first .trouble")).to_contain_text("<i>is taken</i>")
    tab.faults.clear()  # the refusals, as Chromium notes them


def test_a_reply_can_be_stopped(visit: Open) -> None:
    tab = visit()
    held: list[Route] = []
    tab.page.route("**/v1/chat", lambda route: held.append(route))
    tab.page.fill("#message", ASK)
    tab.page.press("#message", "Enter")
    expect(tab.page.get_by_role("button", name="Stop")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("alert")).to_contain_text("Stopped.")
    assert tab.page.evaluate("document.activeElement.id") == "message"


def test_a_key_is_asked_for_once(visit: Open, serve: Serve, filled: Recommender) -> None:
    locked = serve(Access(Keys(open_server(filled.core.settings.path))))
    key = locked.key(Scope.ADMIN)["authorization"].removeprefix("Bearer ")
    tab = visit(url=locked.url)
    page = tab.page
    page.fill("#message", ASK)
    page.press("#message", "Enter")
    dialog = page.get_by_role("dialog", name="This server asks for a key")
    expect(dialog).to_be_visible()
    page.fill("#key-input", "tm_wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("not accepted")
    page.fill("#key-input", key)
    dialog.get_by_role("button", name="Use this key").click()
    tab.settle()
    assert tab.titles()
    assert key not in page.evaluate("JSON.stringify(localStorage)")
    tab.open("/dashboard")
    expect(page.locator("#as-of")).to_contain_text("recent decisions")
    tab.faults.clear()  # the refusals, as Chromium notes them


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Open, tmp_path: Path, scheme: str) -> None:
    tab = visit(color_scheme=scheme)
    page = tab.page
    assert tab.violations() == []
    page.get_by_role("button", name="Recommend something").click()
    tab.settle()
    assert tab.violations() == []
    tab.say("a comedy or a romance from the 90s, nothing with Adam Sandler")
    like(page)
    page.click(".card >> nth=2 >> .skip")
    expect(page.locator(".unwanted")).to_have_count(1)
    tab.settle()
    if scheme == "light":
        tab.picture("page.png", tmp_path)
    page.focus(".card.first .evidence")
    if scheme == "dark":
        tab.picture("page-dark.png", tmp_path)
    assert tab.violations() == []
    page.click("#open-profile")
    page.click("text=Erase all of it")
    tab.settle()
    assert tab.violations() == []


def test_axe_finds_nothing_on_a_phone_in_chinese(visit: Open, tmp_path: Path) -> None:
    tab = visit(locale="zh-CN", viewport=PHONE, is_mobile=True, has_touch=True)
    tab.say("喜剧")
    assert tab.violations() == []
    phone = visit(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True, device_scale_factor=2)
    phone.say(ASK)
    phone.picture("page-phone.png", tmp_path)


def test_every_text_is_there_in_both_languages(visit: Open) -> None:
    words = visit().page.evaluate(
        """async () => {
          const [page, board] = await Promise.all([import("/words.js"), import("/dashboard_words.js")]);
          return {...page.WORDS, ...board.BOARD_WORDS};
        }"""
    )
    blank = re.compile(r"\{\w+\}")
    for name, (english, chinese) in words.items():
        assert english and chinese, name
        assert sorted(blank.findall(english)) == sorted(blank.findall(chinese)), name


def test_the_files_are_plain_and_small() -> None:
    for path in page_module.FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 500, path
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://(?!www\.w3\.org/)", text
        ), path
        if path.suffix == ".html":
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), path
