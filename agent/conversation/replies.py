"""What is said around a slate: from what is known, in the user's language. Titles in it are the catalogue's."""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.agent.conversation.conditions import Unmet, field_word, in_words, value_word
from tastemaker.agent.conversation.state import Asked
from tastemaker.agent.explanations.names import shown, to_traditional
from tastemaker.domain import Item

_TEXTS = {
    "slate": ("Here is what I would suggest.", "我的推荐如下。"),
    "next": ("Here are others.", "换一批给你。"),
    "moved": ("Here is something {m}.", "下面这些{m}。"),
    "chips": ("In force: {c}.", "当前条件：{c}。"),
    "noted": ("Noted: {c}.", "记下了：{c}。"),
    "fewer": ("Only {n} fit all of it.", "只有{n}个完全符合。"),
    "empty": ("Nothing is left that meets {c}.", "没有符合{c}的内容了。"),
    "relax": ("Without “{c}” there would be {n}: shall I drop it?", "去掉“{c}”就有{n}个，要去掉吗？"),
    "relax_all": ("Without all of that there would be {n}: shall I drop it all?", "去掉全部条件就有{n}个，要都去掉吗？"),
    "yes": ("Yes, drop it", "好的，去掉"),
    "over": ("You have been shown everything there is.", "所有内容都已经展示过了。"),
    "field": ("I have no data on {f} here, so I could not take it into account.", "这里没有{f}的数据，无法按它筛选。"),
    "value": ("I know no {f} “{v}” here, so I left that out.", "这里没有找到{f}“{v}”，所以没有按它筛选。"),
    "scale": ("{f} here runs from {a:g} to {b:g}, so “{c}” fits nothing; I left it out.", "这里的{f}范围是{a:g}到{b:g}，“{c}”无从满足，所以没有按它筛选。"),
    "direction": ("I can't tell what is {m} here.", "这里无法判断哪些{m}。"),
    "unfound": ("I don't know “{t}” here.", "这里没有找到“{t}”。"),
    "place": ("There was no number {n} in what I showed.", "刚才展示的没有第{n}个。"),
    "conflict": ("Those wishes contradict each other. Which of them counts: {c}?", "这些要求互相矛盾，以哪个为准：{c}？"),
    "conflict_any": ("Those wishes contradict each other. Which of them counts?", "这些要求互相矛盾，以哪个为准？"),
    "conflicting": ("Those wishes contradict each other, so I left both out.", "这些要求互相矛盾，所以都没有采用。"),
    "lifted": ("Dropped: {c}.", "已去掉：{c}。"),
    "reset": ("All right, we start over.", "好的，我们重新开始。"),
    "ask_any": ("What are you in the mood for?", "你想找什么样的？"),
    "misuse": (
        "I can only help you find something here; I don't pass on instructions or other people's data.",
        "我只能帮你在这里找内容，不会透露指令或其他人的资料。",
    ),
    "hello": ("Hello! Tell me what you are in the mood for.", "你好！告诉我你想找什么吧。"),
    "thanks": ("You're welcome. Tell me if you want something else.", "不客气，想要别的随时告诉我。"),
    "bye": ("Goodbye!", "再见！"),
    "talk": ("I am here to help you find something. What are you in the mood for?", "我可以帮你找想要的内容，你想找什么样的？"),
    "cut": ("I read only the first {n} characters of that.", "内容太长，我只读了前{n}个字符。"),
    "which": ("Which one do you mean?", "你指的是哪一个？"),
    "fact": ("{t}: {f} {v}.", "{t}：{f}是{v}。"),
    "plot": ("{t}: {v}", "{t}：{v}"),
    "nofact": ("I have no data on the {f} of {t}.", "这里没有{t}的{f}数据。"),
    "unshown": ("That one I have not suggested.", "这个我没有推荐过。"),
    "expired": ("What that was shown for is no longer kept.", "当时推荐的依据已不再保留。"),
    "nodescription": ("I have no description of {t}.", "这里没有{t}的介绍。"),
}  # fmt: skip
_QUESTIONS = {
    "genre": ("What kind are you in the mood for: {o}?", "想要哪种类型：{o}？"),
    "year": ("From which time: {o}?", "想要哪个年代的：{o}？"),
    "runtime": ("How long may it be, in minutes: {o}?", "时长多少分钟合适：{o}？"),
    "language": ("In which language: {o}?", "想要什么语言的：{o}？"),
    "region": ("From where: {o}?", "想要哪里的：{o}？"),
    "audience": ("For whom is it: {o}?", "给谁看的：{o}？"),
    "price": ("What may it cost: {o}?", "价格多少合适：{o}？"),
}
_OTHER = ("Which {f}: {o}?", "想要哪个{f}：{o}？")


def say(kind: str, language: str, **values: object) -> str:
    """A sentence of that kind."""
    english, chinese = _TEXTS[kind]
    text = (english if language == "en" else chinese).format(**values)
    return to_traditional(text) if language == "zh-hant" and kind not in {"plot", "fact"} else text


def question(asked: Asked, language: str) -> str:
    """A question with its options, the last of them anything else."""
    english, chinese = _QUESTIONS.get(asked.field, _OTHER)
    options = [value_word(asked.field, one, language) for one in asked.options]
    other, joint, comma = ("something else", " or ", ", ") if language == "en" else ("其他", "还是", "、")
    told = comma.join(options) + joint + other
    text = (english if language == "en" else chinese).format(o=told, f=field_word(asked.field, language))
    return to_traditional(text) if language == "zh-hant" else text


def unmet(one: Unmet, language: str) -> str:
    """Why a condition was left out."""
    name = field_word(one.condition.field, language)
    if one.why == "scale" and one.span:
        low, high = one.span
        first = name[0].upper() + name[1:]
        return say("scale", language, f=first, a=low, b=high, c=in_words(one.condition, language))
    if one.why == "value":
        values = [value_word(one.condition.field, value, language) for value in one.condition.values]
        return say("value", language, f=name, v=", ".join(values))
    return say("field", language, f=name)


def titled(item: Item, language: str) -> str:
    """An item's title as replies write it."""
    return shown(item) if language == "en" else f"《{shown(item)}》"


def listed(texts: Sequence[str], language: str) -> str:
    """Several in a row."""
    return ("; " if language == "en" else "；").join(texts)
