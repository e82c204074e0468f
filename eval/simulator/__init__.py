"""Simulated users, candidates and clicks whose truth is known. Shares no code with what is tried on it."""

from tastemaker.eval.simulator.visits import Response, Visit
from tastemaker.eval.simulator.world import World

__all__ = ["Response", "Visit", "World"]
