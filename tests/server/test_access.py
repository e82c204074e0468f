"""Keys, scopes, tenants, limits, tokens: who gets in, and what of whom they see."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr

from tastemaker import Recommender
from tastemaker.errors import AccessError, InvalidInputError, NotFoundError, RateLimitError
from tastemaker.server.access import Access, Caller
from tastemaker.server.database import NAME, open_server, own_secret
from tastemaker.server.keys import Keys, Scope
from tastemaker.server.limits import Limiter, check_json
from tastemaker.server.tokens import LIFE, Tokens

from .served import Serve, Served

SECRET = "a secret of forty characters, shared by both"


def test_keys_are_kept_as_hashes_and_can_be_revoked(recommender: Recommender) -> None:
    path = recommender.core.settings.path
    keys = Keys(open_server(path))
    text, made = keys.create("shop", Scope.READ, "acme")
    assert text.startswith("tm_") and keys.find(text) == made and keys.any()
    assert text.encode() not in b"".join(one.read_bytes() for one in path.glob(f"{NAME}*"))
    assert (path / NAME).stat().st_mode & 0o077 == 0
    keys.revoke(made.id)
    assert keys.find(text) is None and not keys.any() and keys.all()[0].revoked_at is not None
    with pytest.raises(NotFoundError):
        keys.revoke(made.id)
    for name, tenant in (("", None), ("x", "A B"), ("x", "a~b")):
        with pytest.raises(InvalidInputError):
            keys.create(name, tenant=tenant)


def test_scopes(locked: Served) -> None:
    ask = {"query": "soup", "documents": ["soup", "mars"]}
    event = [{"user_id": "scoped", "item_id": "i0", "type": "like"}]
    for header in ({}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer tm_no"}):
        refused = locked.client.post("/v1/rerank", json=ask, headers=header)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
    read, write, admin = (locked.key(scope) for scope in Scope)
    raw = {"authorization": read["authorization"].removeprefix("Bearer ")}
    assert locked.client.post("/v1/rerank", json=ask, headers=raw).status_code == 200
    assert locked.client.post("/v1/events", json=event, headers=read).status_code == 403
    assert locked.client.post("/v1/events", json=event, headers=write).json() == {"received": 1, "added": 1}
    for path in ("/metrics", "/v1/dashboard"):
        assert locked.client.get(path, headers=write).status_code == 403
        assert locked.client.get(path, headers=admin).status_code == 200
        assert locked.client.get(path, headers=locked.key(Scope.ADMIN, "acme")).status_code == 403
    assert locked.client.delete("/v1/users/scoped", headers=write).status_code == 403
    assert locked.client.delete("/v1/users/scoped", headers=admin).json()["events"] == 1
    assert locked.client.get("/health").status_code == 200


def test_a_tenant_never_reaches_anothers(locked: Served) -> None:
    acme, rival, nobody = locked.key(Scope.ADMIN, "acme"), locked.key(Scope.ADMIN, "rival"), locked.key(Scope.ADMIN)
    events = [{"user_id": "tess", "item_id": one, "type": "like"} for one in ("i0", "i2")]
    assert locked.client.post("/v1/events", json=events, headers=acme).json()["added"] == 2
    slate = locked.client.post("/v1/recommend", json={"user_id": "tess", "explain": False}, headers=acme).json()
    assert slate["user_id"] == "tess" and slate["items"]
    said = locked.client.post("/v1/chat", json={"user_id": "tess", "message": "soup", "explain": False}, headers=acme)
    listed = locked.client.get("/v1/conversations?user_id=tess", headers=acme).json()["conversations"]
    assert len(listed) == 1 and "~" not in said.text and "~" not in listed[0]["id"]
    reward = {"decision_id": slate["decision_id"], "item_id": slate["items"][0]["id"], "type": "like", "event_id": "r1"}
    for other in (rival, nobody):
        for path in ("", "/export"):
            assert locked.client.get(f"/v1/users/tess{path}", headers=other).status_code == 404
            assert locked.client.get(f"/v1/users/~acme~tess{path}", headers=other).status_code in {400, 404}
        assert locked.client.post("/v1/feedback", json=reward, headers=other).status_code == 404
        assert locked.client.get("/v1/conversations?user_id=tess", headers=other).json()["conversations"] == []
        one = f"/v1/conversations/{listed[0]['id']}?user_id=tess"
        assert locked.client.get(one, headers=other).status_code == 404
        assert locked.client.delete(one, headers=other).status_code == 404
        assert locked.client.post("/v1/recommend", json={"user_id": "~acme~tess"}, headers=other).status_code in {
            400,
            404,
        }
        assert locked.client.delete("/v1/users/tess", headers=other).status_code == 404
    assert locked.client.post("/v1/feedback", json=reward, headers=acme).status_code == 200
    kept = locked.client.get(f"/v1/conversations/{listed[0]['id']}?user_id=tess", headers=acme).json()
    assert kept["user_id"] == "tess" and kept["id"] == listed[0]["id"]
    exported = locked.client.get("/v1/users/tess/export", headers=acme).text
    assert "~acme" not in exported and slate["decision_id"] in exported
    gone = locked.client.delete("/v1/users/tess", headers=acme).json()
    assert gone["events"] == 3 and gone["turns"] == 1 and gone["log"]["decisions"] == 2


def test_ids_of_tenants_are_nobody_elses() -> None:
    with pytest.raises(InvalidInputError):
        Caller("k", Scope.ADMIN).inward("~acme~ann")
    acme = Caller("k", Scope.ADMIN, "acme")
    assert acme.inward("ann") == "~acme~ann" and acme.outward("~acme~ann") == "ann"
    assert acme.inward("~rival~ann") == "~acme~~rival~ann" and not acme.owns("~rival~ann") and acme.owns(None)


def test_a_token_counts_once(locked: Served) -> None:
    ask = {"user_id": "ann", "feedback_token": True, "explain": False}
    slate = locked.client.post("/v1/recommend", json=ask, headers=locked.key(Scope.READ)).json()
    token = slate["items"][0]["feedback_token"]
    told = locked.client.post("/v1/feedback", json={"token": token, "type": "like"})
    assert told.status_code == 200 and told.json()["position"] == 1
    for kind in ("like", "dislike"):
        replayed = locked.client.post("/v1/feedback", json={"token": token, "type": kind})
        assert replayed.status_code == 409 and replayed.json()["error"]["code"] == "conflict"
    other = slate["items"][1]["feedback_token"]
    for body, status in (
        ({"token": other, "type": "purchase"}, 400),
        ({"token": other, "type": "like", "item_id": "i0"}, 400),
        ({"token": other[:-2] + "aa", "type": "like"}, 403),
        ({"token": token.split(".")[0] + "." + other.split(".")[1], "type": "like"}, 403),
        ({"token": "é.é", "type": "like"}, 403),
        ({"type": "like", "decision_id": slate["decision_id"], "item_id": "i0"}, 401),
    ):
        assert locked.client.post("/v1/feedback", json=body).status_code == status, body


def test_tokens_grow_old() -> None:
    tokens = Tokens(b"s" * 32)
    token = tokens.sign("d", "i")
    assert tokens.read(token).item_id == "i"
    with pytest.raises(AccessError, match="too old"):
        tokens.read(token, now=time.time() + LIFE + 5)
    with pytest.raises(AccessError, match="not signed"):
        Tokens(b"t" * 32).read(token)


def test_chat_gives_tokens_too(open_door: Served) -> None:
    body = {"message": "Something about soup", "feedback_token": True, "explain": False}
    assert '"feedback_token":"' in open_door.client.post("/v1/chat", json=body).text


def test_too_many_requests(serve: Serve, recommender: Recommender) -> None:
    served = serve(Access(rate=0.2, burst=2), recommender)
    answers = [served.client.get("/v1/models") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 4
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"


def test_buckets_fill_again() -> None:
    limiter = Limiter(rate=2, burst=1)
    for caller in "ab":
        limiter.take(caller, 0.0)
    with pytest.raises(RateLimitError) as found:
        limiter.take("a", 0.1)
    assert found.value.seconds == pytest.approx(0.4)
    limiter.take("a", 0.5)
    with pytest.raises(InvalidInputError):
        Limiter(rate=0, burst=1)


def test_only_names_of_this_machine_where_no_key_is_asked_for(open_door: Served, locked: Served) -> None:
    evil = {"host": "evil.example"}
    assert open_door.client.get("/v1/models", headers=evil).status_code == 421
    assert open_door.client.get("/v1/models", headers={"host": "localhost:1"}).status_code == 200
    assert locked.client.get("/v1/models", headers=evil | locked.key()).status_code == 200


def test_browsers_of_other_sites(serve: Serve, recommender: Recommender, open_door: Served) -> None:
    asked = {"origin": "https://shop.example", "access-control-request-method": "POST",
             "access-control-request-headers": "content-type"}  # fmt: skip
    assert "access-control-allow-origin" not in open_door.client.options("/v1/feedback", headers=asked).headers
    # What needs no leave of ours must not be read as JSON.
    sneaked = open_door.client.post("/v1/events", content=b"[]", headers={"content-type": "text/plain"})
    assert sneaked.status_code == 400 and "Content-Type" in sneaked.json()["message"]
    shop = serve(Access(origins=("https://shop.example",)), recommender)
    assert shop.client.options("/v1/feedback", headers=asked).headers["access-control-allow-origin"] == asked["origin"]
    other = shop.client.options("/v1/feedback", headers=asked | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_open_webui_users(serve: Serve, open_door: Served, filled: Recommender) -> None:
    signed = serve(Access(jwt_secret=SecretStr(SECRET)))
    memory = filled.core.store.memory

    def say(served: Served, headers: dict[str, str], **more: Any) -> httpx.Response:
        body = {"model": "tastemaker", "messages": [{"role": "user", "content": "Hello"}], **more}
        return served.client.post("/v1/chat/completions", json=body, headers=headers)

    assert say(open_door, {"x-openwebui-user-id": "plain"}).status_code == 200
    assert len(memory.conversations("plain")) == 1
    good = jwt.encode({"sub": "signed", "iss": "open-webui", "exp": time.time() + 60}, SECRET, algorithm="HS256")
    assert say(signed, {"x-openwebui-user-jwt": good, "x-openwebui-user-id": "liar"}).status_code == 200
    assert len(memory.conversations("signed")) == 1 and memory.conversations("liar") == []
    for forged in (
        jwt.encode({"sub": "liar"}, SECRET[::-1], algorithm="HS256"),
        jwt.encode({"sub": "liar", "exp": 1}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": "liar"}, "", algorithm="none"),
        "no",
    ):
        assert say(signed, {"x-openwebui-user-jwt": forged}).status_code == 401
    assert say(signed, {"x-openwebui-user-id": "liar"}).status_code == 200  # as nobody
    assert say(signed, {}, user="liar").status_code == 200
    assert memory.conversations("liar") == []
    assert say(open_door, {}, user={"id": "piped", "email": "x"}).status_code == 200
    assert len(memory.conversations("piped")) == 1
    assert say(open_door, {}, user="John Smith").status_code == 400


def test_json_is_strict_and_flat() -> None:
    check_json(b'{"a": [1, {"b": null}]}')
    for bad in (b"\xff\xfe", b'{"a": "\xff"}', b'{"a": NaN}', b'"\\ud800"', b"[" * 70 + b"]" * 70, b"[" * 9_000, b"{"):
        with pytest.raises(InvalidInputError, match="body"):
            check_json(bad)


def test_the_secret_is_drawn_once(recommender: Recommender) -> None:
    path = recommender.core.settings.path
    assert own_secret(open_server(path)) == own_secret(open_server(path))
