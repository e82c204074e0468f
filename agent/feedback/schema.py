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
    sa.Column("request", sa.JSON),
    sa.Column("epsilon", sa.Float, nullable=False, server_default="0"),
    sa.Column("degraded", sa.String),
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
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
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
    sa.Column("decision_id", sa.ForeignKey("decision.id"), nullable=False, index=True),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("text", sa.String),
    sa.Column("reward", sa.Float, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
)


_FIRST = (
    """CREATE TABLE decision (id VARCHAR NOT NULL PRIMARY KEY, created_at VARCHAR NOT NULL, user_id VARCHAR, query VARCHAR,
    policy_version VARCHAR NOT NULL, tau FLOAT NOT NULL, seed BIGINT NOT NULL, log_propensity FLOAT NOT NULL,
    engine VARCHAR NOT NULL, model VARCHAR NOT NULL, template_version VARCHAR NOT NULL, candidates JSON NOT NULL)""",
    """CREATE TABLE slate_item (decision_id VARCHAR NOT NULL REFERENCES decision (id), position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL, score FLOAT NOT NULL, log_propensity FLOAT NOT NULL, explanation VARCHAR NOT NULL,
    explanation_source VARCHAR NOT NULL, refused VARCHAR, PRIMARY KEY (decision_id, position))""",
)


def _first(connection: sa.Connection) -> None:
    for statement in _FIRST:
        connection.exec_driver_sql(statement)
    tables.create_all(connection, tables=[feedback])


def _explanations_apart(connection: sa.Connection) -> None:
    """Reasons are written after the slate was logged, and more than once: they get a table, decisions what they came from."""
    connection.exec_driver_sql("ALTER TABLE decision ADD COLUMN request JSON")
    tables.create_all(connection, tables=[explanation])
    connection.exec_driver_sql(
        """INSERT INTO explanation (decision_id, position, item_id, text, source, language, evidence, attempts, created_at)
        SELECT s.decision_id, s.position, s.item_id, s.explanation, s.explanation_source, '', '[]', '[]', d.created_at
        FROM slate_item s JOIN decision d ON d.id = s.decision_id WHERE s.explanation <> ''"""
    )
    for column in ("explanation", "explanation_source", "refused"):
        connection.exec_driver_sql(f"ALTER TABLE slate_item DROP COLUMN {column}")


def _mixed_policies(connection: sa.Connection) -> None:
    """Slates may be drawn evenly with a probability; those whose model failed are another policy's."""
    connection.exec_driver_sql("ALTER TABLE decision ADD COLUMN epsilon FLOAT NOT NULL DEFAULT 0")
    connection.exec_driver_sql("ALTER TABLE decision ADD COLUMN degraded VARCHAR")


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first, _explanations_apart, _mixed_policies)


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
