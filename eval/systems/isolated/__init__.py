"""Peers that run in environments of their own. Each module imports its library, numpy and `Scorer`, and nothing else of ours."""
