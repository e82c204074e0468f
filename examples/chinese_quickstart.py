"""三段最近的经历,三个候选:用中文排序。

Three things that someone did lately, three candidates, one ranked list in Chinese. Run: python examples/chinese_quickstart.py
"""

from tastemaker import Recommender

HISTORY = [
    "这部电影真的很好看,我非常喜欢",
    "今天去看了一场很精彩的音乐会",
    "最近在看一本非常有趣的科幻小说",
]
CANDIDATES = [
    "一部关于人类探索未知世界的纪录片",
    "一本讲述人工智能未来的书",
    "一场融合多种风格的音乐会",
]


def main() -> None:
    """Print the candidates, best first, with their shares of preference."""
    with Recommender.open() as recommender:
        print("为你推荐:")
        for document in recommender.rerank(HISTORY, CANDIDATES):
            print(f"{document.rank}. {document.text}({document.score:.0%})")


if __name__ == "__main__":
    main()
