"""Holding a conversation: understanding a turn, keeping what was asked, choosing a question, replying, and remembering."""
