"""Tables of the feedback log, as the newest migration leaves them."""

from __future__ import annotations

import sqlalchemy as sa

tables = sa.MetaData()
Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
migration = sa.Table("feedback_migration", tables, sa.Column("number", sa.Integer, primary_key=True))
decision = sa.Table(
    "decision",
    tables,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("created_at", sa.String, nullable=False, index=True),
    sa.Column("user_id", sa.String),
    sa.Column("query", sa.String),
    sa.Column("policy_version", sa.String, nullable=False),
    sa.Column("tau", sa.Float, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("log_propensity", sa.Float, nullable=False),
    sa.Column("engine", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("template_version", sa.String, nullable=False),
    sa.Column("candidates", sa.JSON, nullable=False),
    sa.Column("request", sa.JSON),
    sa.Column("epsilon", sa.Float, nullable=False, server_default="0"),
    sa.Column("degraded", sa.String),
    sa.Column("even", sa.Boolean),
    sa.Column("head_version", sa.String),
    sa.Column("theta", sa.JSON),
    sa.Column("seconds", sa.Float),
)
slate_item = sa.Table(
    "slate_item",
    tables,
    sa.Column("decision_id", sa.ForeignKey("decision.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("log_propensity", sa.Float, nullable=False),
)
explanation = sa.Table(
    "explanation",
    tables,
    sa.Column("number", Serial, primary_key=True),
    sa.Column("decision_id", sa.ForeignKey("decision.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("attempts", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
)
feedback = sa.Table(
    "feedback",
    tables,
    sa.Column("event_id", sa.String, primary_key=True),
    sa.Column("decision_id", sa.String, nullable=False, index=True),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("text", sa.String),
    sa.Column("reward", sa.Float, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
)
outcome = sa.Table(
    "outcome",
    tables,
    sa.Column("number", Serial, primary_key=True),
    sa.Column("decision_id", sa.ForeignKey("decision.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("reward", sa.Float, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("types", sa.JSON, nullable=False),
    sa.Column("batch", sa.String, nullable=False),
    sa.UniqueConstraint("decision_id", "position"),
)
exposure = sa.Table(
    "exposure",
    tables,
    sa.Column("decision_id", sa.ForeignKey("decision.id"), primary_key=True),
    sa.Column("experiment", sa.String, primary_key=True, index=True),
    sa.Column("variant", sa.String, nullable=False),
)
ERASED = "erased"
"""In the state of a head's version whose coefficients were erased: the version that took its place, or None."""
ERASURE = "erasure"
"""Why another version serves: the one before had learned from a user who is forgotten."""
head = sa.Table(
    "head",
    tables,
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("outcomes_until", sa.BigInteger, nullable=False),
)
serving = sa.Table(
    "serving",
    tables,
    sa.Column("number", Serial, primary_key=True),
    sa.Column("head_version", sa.ForeignKey("head.version")),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("why", sa.JSON, nullable=False),
)
experiment = sa.Table(
    "experiment",
    tables,
    sa.Column("number", Serial, primary_key=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String, nullable=False),
)
conversation = sa.Table(
    "conversation",
    tables,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("user_id", sa.String, index=True),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("forked_from", sa.String),
    sa.Column("forked_at", sa.Integer),
)
conversation_turn = sa.Table(
    "conversation_turn",
    tables,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("created_at", sa.String, nullable=False),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("reading", sa.JSON, nullable=False),
    sa.Column("reply", sa.String, nullable=False),
    sa.Column("decision_id", sa.String),
    sa.Column("state", sa.JSON, nullable=False),
)
