"""LangChain's `LLMListwiseRerank`, as its documentation uses it."""

from collections.abc import Sequence

from langchain_classic.retrievers.document_compressors import LLMListwiseRerank
from langchain_core.documents import Document
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from runner import Rank, main


def make(url: str, model: str) -> Rank:
    """A list of ids as structured output."""
    llm = ChatOpenAI(model=model, base_url=f"{url}/v1", api_key=SecretStr("none"), temperature=0)

    def rank(query: str, documents: list[str]) -> Sequence[int]:
        compressor = LLMListwiseRerank.from_llm(llm, top_n=len(documents))
        given = [Document(text, metadata={"place": n}) for n, text in enumerate(documents)]
        return [one.metadata["place"] for one in compressor.compress_documents(given, query)]

    return rank


if __name__ == "__main__":
    main(make)
