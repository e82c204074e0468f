"""Side requests of chat interfaces in the templates that these send; conformance tests 7 to 9."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .served import Served

HISTORY = (
    "<chat_history>\nUSER: Something about soup, please\nASSISTANT: Here is what I would suggest.\n</chat_history>"
)
OPEN_WEBUI = {
    "title_generation": f"""### Task:
Generate a concise title summarizing the chat history.
### Output:
JSON format: {{ "title": "your concise title here" }}
### Chat History:
{HISTORY}""",
    "tags_generation": f"""### Task:
Generate 1-3 broad tags categorizing the main themes of the chat history, along with 1-3 more specific subtopic tags.
### Output:
JSON format: {{ "tags": ["tag1", "tag2", "tag3"] }}
### Chat History:
{HISTORY}""",
    "follow_up_generation": f"""### Task:
Suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next in this conversation as a **user**.
### Output:
JSON format: {{ "follow_ups": ["Question 1?", "Question 2?", "Question 3?"] }}
### Chat History:
{HISTORY}""",
    "query_generation": f"""### Task:
Analyze the chat history to determine the necessity of generating search queries.
### Output:
{{ "queries": ["query1", "query2"] }}
### Chat History:
{HISTORY}""",
    "autocomplete_generation": f"""### Task:
You are an autocompletion system. Continue the text in `<text>` based on the **completion type** in `<type>`.
### **Output Rules**:
- Respond only in JSON format: `{{ "text": "<your_completion>" }}`.
### Context:
{HISTORY}
<type>General</type>
<text>Some</text>""",
}
KEYS = {
    "title_generation": "title", "tags_generation": "tags", "follow_up_generation": "follow_ups",
    "query_generation": "queries", "autocomplete_generation": "text",
}  # fmt: skip
RAG = """### Task:
Respond to the user query using the provided context, incorporating inline citations in the format [id].

### Guidelines:
- If you don't know the answer, clearly state that.

<context>
<source id="1">A page about <chat_history> and violins</source>
</context>

Something about soup, please"""
LIBRE = {
    "completion": "Provide a concise, 5-word-or-less title for the conversation, using its same language, with no punctuation. Apply title case "
    'conventions appropriate for the language. Never directly mention the language name or the word "title" and only return the title '
    "itself.\n\nConversation:\nUser: Something about soup\nAI: Here.",
    "structured": "Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A concise title in the detected language "
    "(5 words or less, no punctuation or quotation)\n\nUser: Something about soup\nAI: Here.",
}


def ask(served: Served, content: str, **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"model": "tastemaker", "messages": [{"role": "user", "content": content}], **more}
    answer = served.client.post("/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def text(answer: Any) -> str:
    return str(answer["choices"][0]["message"]["content"])


def written(served: Served, user: str) -> tuple[int, int]:
    """Decisions of a user, and their conversations."""
    store = served.recommender.core.store
    return len(store.log.export_user(user)), len(store.memory.conversations(user))


@pytest.mark.parametrize("named", [True, False], ids=["with the header", "without"])
@pytest.mark.parametrize("task", OPEN_WEBUI)
def test_open_webui(open_door: Served, task: str, named: bool) -> None:
    headers = {"x-openwebui-user-id": "side"} | ({"x-openwebui-task": task} if named else {"x-openwebui-task": ""})
    told = json.loads(text(ask(open_door, OPEN_WEBUI[task], headers=headers)))
    assert list(told) == [KEYS[task]]
    if task == "title_generation":
        assert told["title"].startswith("Something about soup")
    assert written(open_door, "side") == (0, 0)


def test_what_comes_without_a_frame(open_door: Served) -> None:
    compaction = (
        "### Task:\nSummarize the conversation history that will be compacted out of the active chat context.\n"
        + HISTORY
    )
    assert text(ask(open_door, compaction, user="side")) == "- Something about soup, please"
    emoji = (
        "Your task is to reflect the speaker's likely facial expression through a fitting emoji.\n\nMessage: ```hi```"
    )
    assert text(ask(open_door, emoji, user="side")) == "🙂"
    assert written(open_door, "side") == (0, 0)


def test_a_turn_with_retrieved_context_is_a_turn(open_door: Served) -> None:
    answer = ask(open_door, RAG, user="rag")
    assert "Soup" in text(answer)
    (row,) = open_door.recommender.core.store.memory.conversations("rag")
    assert row.message == "Something about soup, please" and written(open_door, "rag")[0] == 1


def test_libre_chat_titles_beside_the_first_turn(open_door: Served) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "t", "schema": {}}}
    forced = {"type": "function", "function": {"name": "extract"}}
    with ThreadPoolExecutor(4) as pool:
        turn = pool.submit(ask, open_door, "Something about soup", user="libre")
        plain = pool.submit(ask, open_door, LIBRE["completion"], user="libre")
        typed = pool.submit(ask, open_door, LIBRE["structured"], user="libre", response_format=schema)
        called = pool.submit(ask, open_door, LIBRE["structured"], user="libre", tool_choice=forced)
    assert text(plain.result()) == "Something about soup"
    assert json.loads(text(typed.result())) == {"language": "English", "title": "Something about soup"}
    call = called.result()["choices"][0]["message"]["tool_calls"][0]["function"]
    assert call["name"] == "extract" and json.loads(call["arguments"])["title"] == "Something about soup"
    assert "Soup" in text(turn.result()) and written(open_door, "libre") == (1, 1)


def test_a_streamed_title(open_door: Served) -> None:
    body = {
        "model": "tastemaker",
        "stream": True,
        "messages": [{"role": "user", "content": OPEN_WEBUI["title_generation"]}],
    }
    told = open_door.client.post("/v1/chat/completions", json=body).text
    assert told.endswith("data: [DONE]\n\n") and "Something about soup" in told
