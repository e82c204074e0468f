"""RankLLM's listwise reranker over an OpenAI-compatible server."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

# Its token counts need a vocabulary that would be fetched; LiteLLM's package brings it.
_litellm = find_spec("litellm")
assert _litellm is not None and _litellm.origin is not None
os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(_litellm.origin).parent / "litellm_core_utils" / "tokenizers")


class Absent(ModuleType):
    """A module of which only names are wanted: vLLM is imported whatever is asked for, and not used where a server answers."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return object


sys.modules |= {name: Absent(name) for name in ("vllm", "vllm.outputs")}

from rank_llm.data import Candidate, Query, Request
from rank_llm.rerank.listwise import SafeOpenai
from rank_llm.rerank.rankllm import PromptMode
from runner import Rank, main


def make(url: str, model: str) -> Rank:
    """A permutation in brackets, in windows of 20 with a stride of 10."""
    ranker = SafeOpenai(model, 4096, prompt_mode=PromptMode.RANK_GPT, keys="none", base_url=f"{url}/v1/")

    def rank(query: str, documents: list[str]) -> Sequence[int]:
        given = [Candidate(docid=str(n), score=-n, doc={"text": text}) for n, text in enumerate(documents)]
        request = Request(query=Query(text=query, qid="1"), candidates=given)
        return [int(one.docid) for one in ranker.rerank_batch([request], rank_end=len(given))[0].candidates]

    return rank


if __name__ == "__main__":
    main(make)
