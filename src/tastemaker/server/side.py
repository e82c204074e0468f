"""Side requests of chat interfaces: titles, tags, follow-ups. Never a user's turn, so they read and write nothing of ours.

Recognised by the header `X-OpenWebUI-Task`, else by the shape of the prompts that Open WebUI and LibreChat send. Answered by plain code from what the prompt
itself quotes, in the JSON that is expected.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tastemaker.domain import one_line

HEADER = "x-openwebui-task"
TITLE_WORDS, TITLE_CHARS = 5, 40
_NONE = {"", "none", "null", "chat", "{{task}}"}
_HISTORY = re.compile(r"<chat_history>(.*?)</chat_history>", re.DOTALL)
_TURN = re.compile(r"^(user|assistant|human|ai)\s*:\s*", re.IGNORECASE | re.MULTILINE)
_LIBRE_TITLE = re.compile(
    r"provide a concise, 5-word-or-less title|analyze this conversation and provide:.*detected language"
    r"|concise title \(max 40 characters\) for a conversation", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_CONVO = re.compile(r"(?:<conversation>|conversation:)\s*(.*)", re.IGNORECASE | re.DOTALL)
_CJK = re.compile(r"[\u3400-\u9fff]")
_TASKS: tuple[tuple[str, str], ...] = (
    ("title_generation", r'"title"\s*:'),
    ("follow_up_generation", r'"follow_ups"\s*:'),
    ("tags_generation", r'"tags"\s*:'),
    ("query_generation", r'"queries"\s*:'),
    ("image_prompt_generation", r'"prompt"\s*:'),
    ("autocomplete_generation", r"autocompletion"),
)
"""The key of the JSON that a prompt asks for tells what it is, also where an operator has written it anew."""
_ALONE: tuple[tuple[str, str], ...] = (
    (
        "context_compaction",
        r"\A(?:### Task:\s*)?(?:You MUST s|S)ummarize the conversation history that will be compacted",
    ),
    ("memory_review", r"private memory reviewer"),
    ("emoji_generation", r"\AYour task is to reflect the speaker's likely facial expression"),
    ("moa_response_generation", r"\AYou have been provided with a set of responses from various models"),
    ("function_calling", r"\AAvailable Tools:.*choose and return the correct tool"),
)
_STOP = re.compile(
    "the|and|for|with|that|this|your?|are|was|have|has|not|but|can|could|would|please|some|any|what|which|from|about|into|want|like|more|less|than|then"
    "|there|here|just|show|give|tell|find|recommend|suggest|something"
)


def task_of(headers: Mapping[str, str], messages: Sequence[tuple[str, str]]) -> str | None:
    """The side request that this is, by Open WebUI's name of it; None for a user's turn. `messages` are roles and texts."""
    named = headers.get(HEADER, "").strip().lower()
    if named not in _NONE:
        return named
    users = [text for role, text in messages if role == "user"]
    if not users:
        return None
    last = users[-1].lstrip()
    system = "\n".join(text for role, text in messages if role in {"system", "developer"})
    for task, pattern in _ALONE:
        where = system if task in {"memory_review", "function_calling"} else last
        if re.search(pattern, where, re.DOTALL):
            return task
    if len(users) == 1 and _LIBRE_TITLE.search(f"{system}\n{last}"):
        return "librechat_title"
    if last.startswith("### Task:") and "<chat_history>" in last and "<context>" not in last:
        head = last.split("<chat_history>", 1)[0]
        return next((task for task, found in _TASKS if re.search(found, head, re.IGNORECASE)), "title_generation")
    return None


def answer(task: str, messages: Sequence[tuple[str, str]]) -> str:
    """The reply to a side request."""
    prompt = next((text for role, text in reversed(messages) if role == "user"), "")
    turns = _quoted(prompt) or [one for one in messages if one[0] in {"user", "assistant"}]
    told = _ANSWERS.get(task, _title)(turns, prompt)
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)


def _quoted(prompt: str) -> list[tuple[str, str]]:
    """The conversation that a prompt quotes."""
    if found := _HISTORY.search(prompt) or (_CONVO.search(prompt) if _LIBRE_TITLE.search(prompt) else None):
        text = found.group(1)
    elif _LIBRE_TITLE.search(prompt):
        text = prompt.partition("\n\n")[2] or prompt
    else:
        return []
    parts = _TURN.split(text)
    turns = [(parts[n].lower(), parts[n + 1].strip()) for n in range(1, len(parts) - 1, 2)]
    if not turns:
        return [("user", text.strip())]
    return [("user" if role in {"user", "human"} else "assistant", text) for role, text in turns]


def _first(turns: Sequence[tuple[str, str]]) -> str:
    return next((one_line(text) for role, text in turns if role == "user" and text.strip()), "")


def _short(turns: Sequence[tuple[str, str]]) -> str:
    """The first words of the user's first message."""
    text = _first(turns)
    if _CJK.search(text):
        return text[:16].rstrip("，。！？、,.!? ") or "推荐"
    words = text.split()[:TITLE_WORDS]
    title = " ".join(words)[:TITLE_CHARS].strip(" ,.;:!?\"'“”")
    return title[:1].upper() + title[1:] if title else "Recommendations"


def _title(turns: Sequence[tuple[str, str]], prompt: str) -> dict[str, Any]:
    return {"title": _short(turns)}


def _libre(turns: Sequence[tuple[str, str]], prompt: str) -> str | dict[str, Any]:
    """Words alone where they are asked for; else the two fields of LibreChat's structured title."""
    if "5-word-or-less" in prompt or "max 40 characters" in prompt:
        return _short(turns)
    return {"language": "Chinese" if _CJK.search(_first(turns)) else "English", "title": _short(turns)}


def _tags(turns: Sequence[tuple[str, str]], prompt: str) -> dict[str, Any]:
    words = re.findall(r"[^\W\d_]{4,}", " ".join(text for role, text in turns if role == "user").lower())
    common = [word for word, _ in Counter(word for word in words if not _STOP.fullmatch(word)).most_common(2)]
    return {"tags": ["Recommendations", *(word.capitalize() for word in common if not _CJK.search(word))]}


def _follow_ups(turns: Sequence[tuple[str, str]], prompt: str) -> dict[str, Any]:
    if _CJK.search(_first(turns)):
        return {"follow_ups": ["换一批推荐", "为什么推荐第一个？", "要和第一个类似的"]}
    return {"follow_ups": ["Show me something else", "Why the first one?", "More like the first one"]}


_ANSWERS: dict[str, Callable[[Sequence[tuple[str, str]], str], str | dict[str, Any]]] = {
    "title_generation": _title,
    "librechat_title": _libre,
    "tags_generation": _tags,
    "follow_up_generation": _follow_ups,
    "query_generation": lambda turns, prompt: {"queries": []},
    "autocomplete_generation": lambda turns, prompt: {"text": ""},
    "image_prompt_generation": lambda turns, prompt: {"prompt": _first(turns)},
    "emoji_generation": lambda turns, prompt: "🙂",
    "moa_response_generation": lambda turns, prompt: _after(prompt, "Responses from models:"),
    "function_calling": lambda turns, prompt: {"tool_calls": []},
    "memory_review": lambda turns, prompt: {"operations": []},
    "context_compaction": lambda turns, prompt: _summary(turns),
}


def _after(prompt: str, mark: str) -> str:
    return prompt.partition(mark)[2].strip() or prompt.strip()


def _summary(turns: Sequence[tuple[str, str]]) -> str:
    """What the user said, line by line: nothing is left out that a summary would have to be trusted for."""
    return "\n".join(f"- {one_line(text, 300)}" for role, text in turns if role == "user")
