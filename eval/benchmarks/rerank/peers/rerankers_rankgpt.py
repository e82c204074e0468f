"""The RankGPT of `rerankers`, by LiteLLM. Its `rank` needs `rank_end`: with its default of 0 it sends no document."""

import os
from collections.abc import Sequence

from rerankers import Document
from rerankers.models.rankgpt_rankers import RankGPTRanker
from runner import Rank, main


def make(url: str, model: str) -> Rank:
    """A permutation in brackets, completed where it lacks something."""
    os.environ["OPENAI_API_BASE"] = f"{url}/v1"
    ranker = RankGPTRanker(f"openai/{model}", api_key="none", verbose=0)

    def rank(query: str, documents: list[str]) -> Sequence[int]:
        given = [Document(text=text, doc_id=n) for n, text in enumerate(documents)]
        return [int(one.document.doc_id) for one in ranker.rank(query, given, rank_end=len(given)).results]

    return rank


if __name__ == "__main__":
    main(make)
