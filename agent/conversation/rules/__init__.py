"""The rule-based reader of conversation turns in English and Chinese; it needs no model and costs a few milliseconds."""

from tastemaker.agent.conversation.rules.catalogued import NameFinder, nothing
from tastemaker.agent.conversation.rules.reader import read

__all__ = ["NameFinder", "nothing", "read"]
