"""From history and candidates to the text that a model reads."""
