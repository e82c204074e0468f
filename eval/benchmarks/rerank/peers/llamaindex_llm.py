"""LlamaIndex's `LLMRerank`, as its documentation uses it, with all documents in one batch."""

from collections.abc import Sequence

from llama_index.core.postprocessor import LLMRerank
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.llms.openai_like import OpenAILike
from runner import Rank, main


def make(url: str, model: str) -> Rank:
    """Document numbers with a relevance each, in lines that it parses."""
    llm = OpenAILike(
        model=model, api_base=f"{url}/v1", api_key="none", is_chat_model=True, temperature=0.0, context_window=4096
    )

    def rank(query: str, documents: list[str]) -> Sequence[int]:
        reranker = LLMRerank(llm=llm, choice_batch_size=len(documents), top_n=len(documents))
        nodes = [NodeWithScore(node=TextNode(text=text, id_=str(n))) for n, text in enumerate(documents)]
        return [int(one.node.node_id) for one in reranker.postprocess_nodes(nodes, query_str=query)]

    return rank


if __name__ == "__main__":
    main(make)
