"""The routes of our own: recommend, chat and its conversations, users, events, dashboard, health, the page, and how they are described."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tastemaker import Recommender
from tastemaker.agent.conversation.pieces import Gathering, Piece
from tastemaker.server.access import Access
from tastemaker.server.cards import marked, web_address

from .served import Serve, Served


def pieces(served: Served, **body: Any) -> list[dict[str, Any]]:
    answer = served.client.post("/v1/chat", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.removesuffix("\n\n").split("\n\n")
    assert events[-1] == "data: [DONE]"
    return [json.loads(one.removeprefix("data: ")) for one in events[:-1]]


def test_recommend(open_door: Served) -> None:
    answer = open_door.client.post("/v1/recommend", json={"user_id": "ann", "k": 3})
    slate = answer.json()
    assert answer.status_code == 200 and len(slate["items"]) == 3 and slate["items"][0]["explanation"]
    assert slate["items"][0]["feedback_token"] is None and not {"i0", "i2", "i4"} & {
        one["id"] for one in slate["items"]
    }
    told = open_door.client.post(
        "/v1/recommend", json={"history": ["i0", {"type": "dislike", "item_id": "i4"}], "explain": False}
    )
    assert told.json()["user_id"] is None and len(told.json()["items"]) == 5
    assert open_door.recommender.core.store.log.decision(slate["decision_id"])["user_id"] == "ann"


def test_chat_and_its_conversations(open_door: Served) -> None:
    client = open_door.client
    told = pieces(open_door, message="Something about soup", user_id="chatter", k=2)
    made = Gathering()
    for one in told:
        made.add(Piece.model_validate(one))
    reply = made.reply()
    assert len(reply.items) == 2 and all(one.explanation for one in reply.items) and reply.decision_id
    who = {"user_id": "chatter"}
    (row,) = client.get("/v1/conversations", params=who).json()["conversations"]
    assert row["id"] == reply.conversation_id and row["turns"] == 1 and row["message"] == "Something about soup"
    told = pieces(open_door, message="Something else", user_id="chatter", conversation_id=row["id"])
    assert told[-1]["turn"] == 2
    assert client.post("/v1/chat", json={"message": "x", "conversation_id": row["id"]}).status_code == 409
    kept = client.get(f"/v1/conversations/{row['id']}", params=who).json()
    assert [one["number"] for one in kept["turns"]] == [1, 2]
    assert client.get(f"/v1/conversations/{row['id']}").status_code == 404
    forked = client.post(f"/v1/conversations/{row['id']}/fork", json={"at": 1, **who}).json()["conversation_id"]
    assert client.get(f"/v1/conversations/{forked}", params=who).json()["forked_from"] == row["id"]
    assert client.delete(f"/v1/conversations/{row['id']}", params=who).json()["turns"] == 2
    nobody = pieces(open_door, message="Hello")[0]["conversation_id"]
    assert len(client.get(f"/v1/conversations/{nobody}").json()["turns"]) == 1


def test_what_is_known_of_a_user(open_door: Served) -> None:
    client, user = open_door.client, "/v1/users/known"
    events = [{"user_id": "known", "item_id": one, "type": "like"} for one in ("i0", "i1", "i8")]
    assert client.post("/v1/events", json=events).json() == {"received": 3, "added": 3}
    told = client.get(user).json()
    assert told["profile"]["liked"] == ["i0", "i1", "i8"] and told["titles"]["i0"] == "Soup for Winter"
    set_to = client.patch(user, json={"avoided": ["Space"]}).json()
    assert set_to["avoided"] == ["Space"]
    set_to = client.patch(user, json={"languages": ["zh"]}).json()
    assert set_to == {"constraints": {}, "avoided": ["Space"], "languages": ["zh"]}
    assert client.patch(user, json={"constraints": {"nope": 1}}).status_code == 400
    slate = client.post("/v1/recommend", json={"user_id": "known", "k": 9, "explain": False}).json()
    assert not {f"i{n}" for n in range(4, 8)} & {one["id"] for one in slate["items"]}
    reward = {"decision_id": slate["decision_id"], "item_id": slate["items"][0]["id"], "type": "like", "event_id": "e1"}
    first, second = (client.post("/v1/feedback", json=reward).json() for _ in range(2))
    assert first["position"] == 1 and not first["duplicate"] and second["duplicate"]
    assert client.post("/v1/feedback", json=reward | {"type": "dislike"}).status_code == 409
    pieces(open_door, message="Something about soup", user_id="known", explain=False)
    exported = client.get(f"{user}/export").json()
    assert len(exported["events"]) == 4 and len(exported["decisions"]) == 2 and len(exported["conversations"]) == 1
    assert exported["decisions"][0]["feedback"][0]["event_id"] == "e1" and exported["preferences"]["avoided"] == [
        "Space"
    ]
    assert client.delete(f"{user}/items/i8").json()["events"] == 1
    gone = client.delete(user).json()
    assert gone["events"] == 3 and gone["preferences"] and gone["turns"] == 1 and gone["log"]["decisions"] == 2
    assert gone["log"]["feedback"] == 1 and gone["tastes"] == "kept until the next fit"
    for path in ("", "/export"):
        assert client.get(user + path).status_code == 404
    assert client.delete(user).status_code == 404


def test_items(open_door: Served) -> None:
    told = open_door.client.get("/v1/items", params={"id": ["i2", "nope", "i0"]}).json()["items"]
    assert [one["id"] for one in told] == ["i2", "i0"] and told[0]["url"] == "https://shop.example/i2"


def test_the_dashboard(open_door: Served) -> None:
    slate = open_door.client.post("/v1/recommend", json={"user_id": "bob", "explain": False}).json()
    reward = {"decision_id": slate["decision_id"], "item_id": slate["items"][0]["id"], "type": "click"}
    open_door.client.post("/v1/feedback", json=reward)
    told = open_door.client.get("/v1/dashboard", params={"matured": 0}).json()
    rates = {one["name"]: one for one in told["metrics"]}
    assert (
        rates["ctr"]["value"] > 0 and rates["ctr"]["denominator"] >= 5 and rates["cvr"]["unit"] == "opened impressions"
    )
    assert told["latency"]["p50"] <= told["latency"]["p99"] and 0 < told["diversity"] < 2
    assert told["days"][-1]["opened"] >= 1 and told["degraded"] == {} and told["experiments"] == []


def test_health(open_door: Served) -> None:
    assert open_door.client.get("/health").json()["status"] == "ok"
    open_door.client.post("/v1/rerank", json={"query": "a", "documents": ["b"]})  # by then the model is there
    for _ in range(600):
        if open_door.client.get("/ready").status_code == 200:
            break
        time.sleep(0.1)
    assert open_door.client.get("/ready").json() == {"status": "ready"}
    told = open_door.client.get("/metrics")
    assert 'tastemaker_http_requests_total{method="POST",route="/v1/rerank",status="200"}' in told.text
    assert "tastemaker_model_seconds" in told.text and told.headers["content-type"].startswith("text/plain")


def test_ready_says_what_is_missing(serve: Serve, store: Any) -> None:
    with Recommender.open(store, encoder="hashing") as nothing:
        told = serve(Access(), nothing).client.get("/ready")
        assert told.status_code == 503 and told.json()["for"]["index"]


def test_the_description_is_complete(open_door: Served) -> None:
    told = open_door.client.get("/openapi.json").json()
    paths = told["paths"]
    for path in ("/v1/recommend", "/rerank", "/v1/rerank", "/v2/rerank", "/v1/chat/completions", "/v1/models", "/v1/chat",
                 "/v1/events", "/v1/feedback", "/v1/users/{user_id}", "/v1/users/{user_id}/export", "/v1/conversations",
                 "/v1/conversations/{conversation_id}/fork", "/v1/dashboard", "/health", "/ready", "/metrics"):  # fmt: skip
        for method in paths[path].values():
            assert method["summary"] and method.get("description"), path
    assert paths["/v1/recommend"]["post"]["responses"]["400"]["content"]["application/json"]["schema"]
    assert paths["/v1/users/{user_id}"].keys() == {"get", "patch", "delete"}
    assert told["components"]["securitySchemes"] and "ErrorBody" in told["components"]["schemas"]


def test_the_page_may_load_only_from_here(open_door: Served) -> None:
    told = open_door.client.get("/")
    policy = told.headers["content-security-policy"]
    assert told.status_code == 200 and "default-src 'none'" in policy and "unsafe" not in policy
    assert told.headers["x-content-type-options"] == "nosniff"
    assert open_door.client.get("/app.js").headers["content-type"].startswith("text/javascript")
    for path in ("/../pyproject.toml", "/%2e%2e/app.py", "/page.py", "/app.py"):
        assert open_door.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil", "ftp://x/y", "http://", "http://[", ""]
)
def test_links_lead_to_the_web_alone(url: str) -> None:
    assert web_address(url) is None


def test_titles_are_no_markdown() -> None:
    assert marked("[x](javascript:1) <b>*") == "\\[x\\](javascript:1) \\<b\\>\\*"
    assert web_address("https://a.example/b c)(d") == "https://a.example/b%20c%29%28d"
