"""Why was that one not shown? Answered from what was logged: conditions, what the user had, scores and places."""

from __future__ import annotations

from tastemaker.agent.explanations.conditions import Part, in_words
from tastemaker.agent.explanations.names import shown, to_traditional
from tastemaker.agent.explanations.request import Request, Standing
from tastemaker.agent.policy import best_first
from tastemaker.agent.store import Store
from tastemaker.domain import Contrast, Item
from tastemaker.retrieval.filters import Filter
from tastemaker.retrieval.retriever import folded

_TEXTS = {
    "shown": ("{t} was shown, at place {n}.", "{t}已经展示了,在第{n}位。"),
    "seen": ("You have had {t} before; only what is new to you is shown.", "你已经接触过{t},这里只展示你没接触过的。"),
    "condition": ("{t} does not meet: {c}.", "{t}不符合:{c}。"),
    "same_title": (
        "{t} has the same title as {o}, which you have had or were shown.", "{t}与你接触过或已展示的{o}同名。"
    ),
    "ranked_lower": (
        "{t} was read and came to place {n}; {k} were shown. It scored {s:.2f}, the last one shown {l:.2f}{m}.",
        "{t}排在第{n}位,只展示了{k}个。它的得分是{s:.2f},最后展示的是{l:.2f}{m}。",
    ),
    "moved_down": ("; the model had it lower than the prior's place {p}", ",模型把它放在先验的第{p}位之后"),
    "not_read": (
        "{t} stands at place {n} by the prior, and only the first {k} were considered.",
        "{t}按先验排在第{n}位,只考虑了前{k}个。",
    ),
    "far": (
        "{t} is not among the first {n} by the prior: nothing that is known of you points to it.",
        "{t}不在先验的前{n}位之内:已知的信息都没有指向它。",
    ),
}  # fmt: skip


def contrast(store: Store, request: Request, item: Item, standing: Standing | None, language: str) -> Contrast:
    """Why `item` was not shown for `request`; `standing` is its place by the prior, for one that was no candidate.

    `kind` is `shown`, `seen`, `condition`, `same_title`, `ranked_lower`, `not_read` or `far`.
    """
    title = shown(item)

    def say(kind: str, place: int | None = None, failed: tuple[str, ...] = (), **values: object) -> Contrast:
        english, chinese = _TEXTS[kind]
        text = english.format(t=title, **values) if language == "en" else chinese.format(t=f"《{title}》", **values)
        text = to_traditional(text) if language == "zh-hant" else text
        return Contrast(item_id=item.id, kind=kind, text=text, place=place, failed=failed)

    if item.id in request.slate:
        place = request.slate.index(item.id) + 1
        return say("shown", place, n=place)
    if item.id in request.profile.seen:
        return say("seen")
    failed = tuple(in_words(part, language) for part in _failed(store, request.filter(), item))
    if failed:
        return say("condition", failed=failed, c="; ".join(failed))
    same = _same_title(store, request, item)
    if same is not None:
        return say("same_title", o=shown(same) if language == "en" else f"《{shown(same)}》")
    ids = [request.candidates[n]["id"] for n in best_first(request.candidates)]
    if item.id in ids:
        place = ids.index(item.id) + 1
        scores = {one["id"]: one["score"] for one in request.candidates}
        before = [one["id"] for one in request.candidates].index(item.id) + 1  # they are logged in the prior's order
        moved = _TEXTS["moved_down"][language != "en"].format(p=before) if before < place else ""
        last = min(scores[one] for one in request.slate if one in scores)
        return say("ranked_lower", place, n=place, k=len(request.slate), s=scores[item.id], l=last, m=moved)
    assert standing is not None
    if standing.rank is None:
        return say("far", n=standing.looked_at)
    return say("not_read", standing.rank, n=standing.rank, k=len(request.candidates))


def _failed(store: Store, filter: Filter | None, item: Item) -> list[Part]:
    if filter is None:
        return []
    table = store.catalogue.attributes()
    return [part for part in filter.parts if item.id not in table.eligible(Filter((part,)))]


def _same_title(store: Store, request: Request, item: Item) -> Item | None:
    known = store.catalogue.items(list(dict.fromkeys([*request.slate, *request.profile.seen])))
    return next((one for one in known if folded(one.title) == folded(item.title)), None)
