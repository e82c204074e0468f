"""Reasons: evidence first, a sentence from it, every statement of which is checked; a template where the model's fails."""
