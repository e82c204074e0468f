"""The real `openai` client against the real server: models, whole and streamed answers, errors; conformance tests 1 to 5 and 11."""

from __future__ import annotations

from typing import Any

import openai
import pytest
import sqlalchemy as sa

from tastemaker import Recommender
from tastemaker.server.keys import Scope

from .served import Serve, Served

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
ASK: list[Any] = [{"role": "user", "content": "Something about soup, please"}]


@pytest.fixture
def client(open_door: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{open_door.url}/v1", api_key="none", max_retries=0)


def streamed(client: openai.OpenAI, **options: Any) -> list[Any]:
    return list(client.chat.completions.create(model="tastemaker", messages=ASK, stream=True, **options))


def test_models(client: openai.OpenAI) -> None:
    assert "tastemaker" in [one.id for one in client.models.list()]
    assert client.models.retrieve("tastemaker").object == "model"
    with pytest.raises(openai.NotFoundError) as found:
        client.models.retrieve("nope")
    assert found.value.code == "model_not_found" and found.value.param == "model"


@pytest.mark.parametrize("tools", [[TOOL], []], ids=["tools", "no tools"])
def test_a_whole_answer(client: openai.OpenAI, tools: list[Any]) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Something about soup"},
                                     {"type": "image_url", "image_url": {"url": "https://x.example/i.png"}}]},
    ]  # fmt: skip
    made = client.chat.completions.create(
        model="tastemaker", messages=messages, tools=tools, temperature=0.3, max_tokens=50, max_completion_tokens=50,
        seed=1, extra_body={"unheard_of": {"a": 1}, "prompt_cache_key": "p", "guided_choice": None},
    )  # fmt: skip
    choice = made.choices[0]
    assert choice.finish_reason == "stop" and choice.message.tool_calls is None and choice.message.role == "assistant"
    assert "Soup" in (choice.message.content or "") and made.object == "chat.completion"
    assert made.usage is not None and made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens


def test_a_stream_with_usage(client: openai.OpenAI) -> None:
    chunks = streamed(client, stream_options={"include_usage": True})
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[0].choices[0].delta.content == ""
    assert [one.choices[0].finish_reason for one in chunks if one.choices and one.choices[0].finish_reason] == ["stop"]
    assert [one.choices for one in chunks if one.usage is not None] == [[]] and chunks[-1].usage is not None
    assert len({one.id for one in chunks}) == 1


def test_a_stream_without_usage(client: openai.OpenAI) -> None:
    chunks = streamed(client)
    assert all(one.choices and one.usage is None for one in chunks)
    text = "".join(one.choices[0].delta.content or "" for one in chunks)
    assert "**[" in text and '"i' in text  # links carry ids


def test_cards_have_annotations(client: openai.OpenAI) -> None:
    chunks = streamed(client)
    text, places = "", []
    for one in chunks:
        for told in (one.choices[0].delta.model_extra or {}).get("annotations", []):
            places.append(told["url_citation"])
        text += one.choices[0].delta.content or ""
    assert places and all(one["url"].startswith("https://shop.example/") for one in places)
    for one in places:
        assert one["title"] in text[one["start_index"] : one["end_index"]]
    extra = chunks[-1].model_extra["tastemaker"]
    assert extra["decision_id"] and extra["conversation_id"] and len(extra["item_ids"]) == 5


def test_open_webui_gets_a_source_for_each_item_and_nobody_else_does(client: openai.OpenAI) -> None:
    """Conformance test 11: read as its middleware does, `event` first, then `choices`, which must be there."""
    headers = {"X-OpenWebUI-User-Id": "u1", "X-OpenWebUI-Chat-Id": "c11"}
    chunks = streamed(client, extra_headers=headers)
    sources = []
    for one in chunks:
        event = (one.model_extra or {}).get("event")
        assert one.choices
        if event is not None:
            assert event["type"] == "source" and set(event) == {"type", "data"}
            sources.append((event["data"], one.choices[0].delta))
    shown = chunks[-1].model_extra["tastemaker"]["item_ids"]
    assert len(sources) == len(shown) == 5
    text = "".join(one.choices[0].delta.content or "" for one in chunks)
    for data, delta in sources:
        name, (reason,), (about,) = data["source"]["name"], data["document"], data["metadata"]
        assert about["name"] == name and name in text and reason
        url = data["source"].get("url")
        assert about["source"] == url or (url is None and about["source"] in shown)
        cited = [one["url_citation"]["url"] for one in (delta.model_extra or {}).get("annotations", [])]
        assert cited == ([url] if url else [])  # the same place, which Open WebUI takes together
    assert {about["metadata"][0]["source"].rsplit("/", 1)[-1] for about, _ in sources} == {*shown}
    assert not any("event" in (one.model_extra or {}) for one in streamed(client, extra_headers={"X-User-Id": "u1"}))


def test_errors(locked: Served) -> None:
    base = f"{locked.url}/v1"
    with pytest.raises(openai.AuthenticationError) as bad:
        openai.OpenAI(base_url=base, api_key="tm_wrong").models.list()
    assert bad.value.code == "invalid_api_key" and bad.value.request_id
    key = locked.key()["authorization"].removeprefix("Bearer ")
    client = openai.OpenAI(base_url=base, api_key=key)
    refused: list[tuple[Any, dict[str, Any], str]] = [
        ([], {}, "messages"),
        ([{"role": "user", "content": "  "}], {}, "messages"),
        (ASK, {"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        (ASK, {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        (ASK, {"response_format": {"type": "json_object"}}, "response_format"),
        (ASK, {"n": 2}, "n"),
        *[
            (ASK, {"extra_body": {name: asked}}, name)
            for name, asked in {
                "guided_json": {"type": "object"},
                "guided_regex": "a+",
                "guided_choice": ["a", "b"],
                "guided_grammar": "root ::= 'a'",
                "structured_outputs": {"choice": ["a", "b"]},
            }.items()
        ],
    ]
    for messages, options, param in refused:
        with pytest.raises(openai.BadRequestError) as found:
            client.chat.completions.create(model="tastemaker", messages=messages, **options)
        assert found.value.param == param and found.value.message
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-x", messages=ASK)
    with pytest.raises(openai.PermissionDeniedError):
        openai.OpenAI(base_url=base, api_key=locked.key(Scope.READ)["authorization"][7:]).chat.completions.create(
            model="tastemaker", messages=ASK
        )


def test_a_failure_in_the_middle_of_a_stream(serve: Serve, recommender: Recommender) -> None:
    """The table of reasons is gone: the slate is there, then nothing can be written."""
    with recommender.core.store.log.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE explanation"))
    served = serve(None, recommender)
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0)
    got: list[Any] = []
    with pytest.raises(openai.APIError) as found:
        got.extend(client.chat.completions.create(model="tastemaker", messages=ASK, stream=True))
    assert not isinstance(found.value, openai.APIStatusError) and got[0].choices[0].delta.role == "assistant"
