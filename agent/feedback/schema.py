"""Tables of the feedback log, and the numbered migrations that lead to them. Migrations are appended, never edited."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

tables = sa.MetaData()
_migration = sa.Table("feedback_migration", tables, sa.Column("number", sa.Integer, primary_key=True))
decision = sa.Table(
    "decision",
    tables,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("created_at", sa.String, nullable=False),
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
)
slate_item = sa.Table(
    "slate_item",
    tables,
    sa.Column("decision_id", sa.ForeignKey("decision.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("log_propensity", sa.Float, nullable=False),
    sa.Column("explanation", sa.String, nullable=False),
    sa.Column("explanation_source", sa.String, nullable=False),
    sa.Column("refused", sa.String),
)
feedback = sa.Table(
    "feedback",
    tables,
    sa.Column("event_id", sa.String, primary_key=True),
    sa.Column("decision_id", sa.ForeignKey("decision.id"), nullable=False, index=True),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("text", sa.String),
    sa.Column("reward", sa.Float, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
)


def _first(connection: sa.Connection) -> None:
    tables.create_all(connection, tables=[decision, slate_item, feedback])


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first,)


def migrate(engine: sa.Engine) -> None:
    """Apply the migrations that this database has not seen, in order, each in a transaction."""
    with engine.begin() as connection:
        tables.create_all(connection, tables=[_migration])
        done = set(connection.execute(sa.select(_migration.c.number)).scalars())
    for number, change in enumerate(MIGRATIONS, start=1):
        if number not in done:
            with engine.begin() as connection:
                change(connection)
                connection.execute(sa.insert(_migration), {"number": number})
