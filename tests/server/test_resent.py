"""Clients that resend the whole history: each turn is taken once, an answer made again goes another way, nobody gets into another's conversation."""

from __future__ import annotations

from typing import Any

import pytest

from .served import Served


class Chat:
    """A client that keeps the history itself, as those of OpenAI do."""

    def __init__(self, served: Served, **options: Any) -> None:
        self.served, self.messages = served, list[dict[str, str]]()
        self.headers, self.options = options.pop("headers", {}), options

    def say(self, text: str) -> Any:
        self.messages.append({"role": "user", "content": text})
        body = {"model": "tastemaker", "messages": self.messages, **self.options}
        answer = self.served.client.post("/v1/chat/completions", json=body, headers=self.headers).json()
        self.messages.append({"role": "assistant", "content": answer["choices"][0]["message"]["content"]})
        return answer["tastemaker"]

    def again(self) -> Any:
        """Make the last answer again."""
        self.messages.pop()
        return self.say(self.messages.pop()["content"])


OPTIONS: list[dict[str, Any]] = [
    {}, {"user": "stateless"}, {"headers": {"x-openwebui-user-id": "webui", "x-openwebui-chat-id": "c1"}},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=["nobody", "a user", "open webui"])
def test_a_conversation_goes_on(open_door: Served, options: dict[str, Any]) -> None:
    chat = Chat(open_door, **options)
    first = chat.say("Something about soup")
    second = chat.say("Something else")
    assert second["conversation_id"] == first["conversation_id"] and second["turn"] == 2
    assert not set(first["item_ids"]) & set(second["item_ids"])
    again = chat.again()
    assert again["conversation_id"] != first["conversation_id"] and again["turn"] == 2
    third = chat.say("Something else again")
    assert third["conversation_id"] == again["conversation_id"] and third["turn"] == 3


def test_nobodies_never_meet(open_door: Served) -> None:
    one, other = Chat(open_door), Chat(open_door)
    first = one.say("Something about the piano, not space"), other.say("Something about the piano, not space")
    assert first[0]["conversation_id"] != first[1]["conversation_id"]
    assert Chat(open_door, user="eve").say("Hello")["conversation_id"] not in {f["conversation_id"] for f in first}


def test_a_reply_that_the_client_has_changed(open_door: Served) -> None:
    chat = Chat(open_door, user="changer")
    first = chat.say("Something about soup")
    chat.messages[-1]["content"] = "(cut)"
    assert chat.say("Something else")["conversation_id"] == first["conversation_id"]
    nobody = Chat(open_door)
    first = nobody.say("Something about soup")
    nobody.messages[-1]["content"] = "(cut)"
    assert nobody.say("Something else")["conversation_id"] != first["conversation_id"]


def test_a_history_of_another_is_no_way_in(open_door: Served) -> None:
    chat = Chat(open_door, user="victim")
    first = chat.say("Something about soup")
    thief = Chat(open_door, user="thief")
    thief.messages = list(chat.messages)
    told = thief.say("Something else")
    assert told["conversation_id"] != first["conversation_id"] and told["turn"] == 1


def test_a_named_conversation_needs_no_history(open_door: Served) -> None:
    def say(text: str) -> Any:
        chat = Chat(open_door, user="named", metadata={"conversation_id": "mine"})
        return chat.say(text)

    first, second = say("Something about soup"), say("Something else")
    assert first["conversation_id"] == second["conversation_id"] and second["turn"] == 2


def test_an_erased_conversation_begins_anew(open_door: Served) -> None:
    chat = Chat(open_door, user="gone")
    first = chat.say("Something about soup")
    address = f"/v1/conversations/{first['conversation_id']}"
    assert open_door.client.delete(address).status_code == 404  # it is not nobody's
    assert open_door.client.delete(address, params={"user_id": "gone"}).json()["turns"] == 1
    assert chat.say("Something else")["turn"] == 1
