"""With a secret for pseudonyms nothing of the store holds a user's id, and callers notice nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from tastemaker import Recommender
from tastemaker.errors import InvalidInputError
from tastemaker.server.access import PSEUDONYMS, Access, Caller, pseudonyms
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys, Scope
from tastemaker.server.mcp_tools import alone

from .served import Serve

SECRET = SecretStr("0123456789abcdef0123456789abcdef")
WHO = "ann.smith@example.org"


def test_the_same_id_is_another_with_each_secret_and_tenant() -> None:
    seen = {
        Caller("k", Scope.READ, tenant, secret).user(WHO)
        for tenant in (None, "acme", "bree")
        for secret in (None, SECRET, SecretStr("another secret of many characters"))
    }
    assert len(seen) == 9
    named = Caller("k", Scope.READ, "acme", SECRET)
    assert named.user(WHO) == named.user(WHO) and named.owns(named.user(WHO))
    assert named.user(WHO).startswith("~acme~") and len(named.user(WHO)) == len("~acme~") + 32
    # By hand: printf ann.smith@example.org | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
    assert Caller("k", Scope.READ, None, SECRET).user(WHO) == "24fd3c1c38ecaba157f6742506dc1bbd"
    with pytest.raises(InvalidInputError):
        Caller("k", Scope.READ, None, SECRET).user("~acme~ann")


def test_a_secret_that_can_be_guessed_is_refused(filled: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PSEUDONYMS, raising=False)
    assert pseudonyms() is None
    monkeypatch.setenv(PSEUDONYMS, "short")
    with pytest.raises(InvalidInputError, match=r"32.*openssl"):
        pseudonyms()
    monkeypatch.setenv(PSEUDONYMS, SECRET.get_secret_value())
    assert pseudonyms() == SECRET
    assert alone(filled.core)(None).caller.user(WHO) == Caller("k", Scope.READ, None, SECRET).user(
        WHO
    )  # MCP over stdio


@pytest.mark.parametrize("tenant", [None, "acme"])
def test_a_life_under_a_pseudonym(filled: Recommender, serve: Serve, path: Path, tenant: str | None) -> None:
    served = serve(Access(Keys(open_server(path)), pseudonyms=SECRET))
    web, head = served.client, served.key(Scope.ADMIN, tenant)
    event = [{"user_id": WHO, "item_id": "i0", "type": "like"}]
    assert web.post("/v1/events", json=event, headers=head).json()["added"] == 1
    slate = web.post("/v1/recommend", json={"user_id": WHO, "k": 2}, headers=head).json()
    assert slate["user_id"] == WHO
    reward = {"decision_id": slate["decision_id"], "item_id": slate["items"][0]["id"], "type": "like"}
    assert web.post("/v1/feedback", json=reward, headers=head).json()["orphan"] is False
    assert web.patch(f"/v1/users/{WHO}", json={"avoided": ["Horror"]}, headers=head).status_code == 200
    spoken = web.post("/v1/chat", json={"message": "soup please", "user_id": WHO}, headers=head)
    assert spoken.status_code == 200
    asked = {"model": "tastemaker", "user": WHO, "messages": [{"role": "user", "content": "something about stars"}]}
    assert web.post("/v1/chat/completions", json=asked, headers=head).status_code == 200
    profile = web.get(f"/v1/users/{WHO}", headers=head).json()
    assert profile["user_id"] == WHO and profile["preferences"]["avoided"] == ["Horror"]
    told = web.get(f"/v1/users/{WHO}/export", headers=head).json()
    assert told["user_id"] == WHO and len(told["events"]) == 2 and len(told["conversations"]) == 2
    owners = {one["user_id"] for name in ("events", "decisions", "conversations") for one in told[name]}
    assert owners == {WHO}
    inner = Caller("k", Scope.ADMIN, tenant, SECRET).user(WHO)
    assert inner.removeprefix("~acme~") not in json.dumps(told)
    stored = b"".join(one.read_bytes() for one in path.rglob("*") if one.is_file())
    assert WHO.encode() not in stored and inner.encode() in stored
    listed = web.get("/v1/conversations", params={"user_id": WHO}, headers=head).json()["conversations"]
    assert len(listed) == 2
    gone = web.delete(f"/v1/users/{WHO}", headers=head).json()
    assert gone["events"] == 2 and gone["turns"] == 2 and gone["log"]["decisions"] == 3
    assert web.get(f"/v1/users/{WHO}", headers=head).status_code == 404
