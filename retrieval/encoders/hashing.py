"""An encoder without a model."""

from __future__ import annotations

import re
import unicodedata
import zlib

import numpy as np
from langchain_core.embeddings import Embeddings


class HashingEncoder(Embeddings):
    """Counts of words and of character 2- and 3-grams, hashed into 512 signed buckets and normalised.

    The hashing trick of Weinberger et al. 2009. Knows no meaning: only texts that share letters are near.
    """

    dimensions = 512
    encoder_id = "hashing"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of 512 floats; the zero vector for a blank text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The same as for a document."""
        vector = np.zeros(self.dimensions)
        plain = unicodedata.normalize("NFKC", text).casefold()
        words = re.findall(r"\w+", plain) or plain.split()  # a title may be all signs, such as "!!!"
        grams = words + [word[i : i + n] for word in words for n in (2, 3) for i in range(len(word) - n + 1)]
        for gram in grams:
            code = zlib.crc32(gram.encode("utf-8", "replace"))
            vector[code % self.dimensions] += 1.0 if code & (1 << 20) else -1.0
        return list((vector / (np.linalg.norm(vector) or 1.0)).tolist())
