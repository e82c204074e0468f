"""The numbered changes that lead from an empty database to the tables of `schema`. They are appended, never edited.

Written out as SQL, so that a later change of `schema` changes none of them; a test holds the last one against `schema`, on SQLite and
on PostgreSQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from tastemaker.agent.feedback import schema
from tastemaker.errors import StoreError

_FIRST = (
    """CREATE TABLE decision (id VARCHAR NOT NULL PRIMARY KEY, created_at VARCHAR NOT NULL, user_id VARCHAR, query VARCHAR,
    policy_version VARCHAR NOT NULL, tau FLOAT NOT NULL, seed BIGINT NOT NULL, log_propensity FLOAT NOT NULL,
    engine VARCHAR NOT NULL, model VARCHAR NOT NULL, template_version VARCHAR NOT NULL, candidates JSON NOT NULL)""",
    """CREATE TABLE slate_item (decision_id VARCHAR NOT NULL REFERENCES decision (id), position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL, score FLOAT NOT NULL, log_propensity FLOAT NOT NULL, explanation VARCHAR NOT NULL,
    explanation_source VARCHAR NOT NULL, refused VARCHAR, PRIMARY KEY (decision_id, position))""",
    """CREATE TABLE feedback (event_id VARCHAR NOT NULL PRIMARY KEY, decision_id VARCHAR NOT NULL REFERENCES decision (id),
    item_id VARCHAR NOT NULL, type VARCHAR NOT NULL, value FLOAT, text VARCHAR, reward FLOAT NOT NULL,
    received_at VARCHAR NOT NULL)""",
    "CREATE INDEX ix_feedback_decision_id ON feedback (decision_id)",
)
# Reasons are written after the slate was logged, and more than once: they get a table, decisions what they came from.
_EXPLANATIONS_APART = (
    "ALTER TABLE decision ADD COLUMN request JSON",
    """CREATE TABLE explanation (number {serial}, decision_id VARCHAR NOT NULL REFERENCES decision (id), position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL, text VARCHAR NOT NULL, source VARCHAR NOT NULL, language VARCHAR NOT NULL, evidence JSON NOT NULL,
    attempts JSON NOT NULL, created_at VARCHAR NOT NULL)""",
    "CREATE INDEX ix_explanation_decision_id ON explanation (decision_id)",
    """INSERT INTO explanation (decision_id, position, item_id, text, source, language, evidence, attempts, created_at)
    SELECT s.decision_id, s.position, s.item_id, s.explanation, s.explanation_source, '', {empty}, {empty}, d.created_at
    FROM slate_item s JOIN decision d ON d.id = s.decision_id WHERE s.explanation <> ''""",
    *(f"ALTER TABLE slate_item DROP COLUMN {column}" for column in ("explanation", "explanation_source", "refused")),
)
# Slates may be drawn evenly with a probability; those whose model failed are another policy's.
_MIXED_POLICIES = (
    "ALTER TABLE decision ADD COLUMN epsilon FLOAT NOT NULL DEFAULT 0",
    "ALTER TABLE decision ADD COLUMN degraded VARCHAR",
)
# Rewards may come before their decision; what matured is kept, and what was learned from it, and what is tried.
_LEARNING = (
    """CREATE TABLE feedback_4 (event_id VARCHAR NOT NULL PRIMARY KEY, decision_id VARCHAR NOT NULL, item_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL, value FLOAT, text VARCHAR, reward FLOAT NOT NULL, received_at VARCHAR NOT NULL)""",
    """INSERT INTO feedback_4 SELECT event_id, decision_id, item_id, type, value, text, reward, received_at FROM feedback""",
    "DROP TABLE feedback",
    "ALTER TABLE feedback_4 RENAME TO feedback",
    "CREATE INDEX ix_feedback_decision_id ON feedback (decision_id)",
    "ALTER TABLE decision ADD COLUMN even BOOLEAN",
    "ALTER TABLE decision ADD COLUMN head_version VARCHAR",
    "ALTER TABLE decision ADD COLUMN theta JSON",
    "ALTER TABLE decision ADD COLUMN seconds FLOAT",
    "CREATE INDEX ix_decision_created_at ON decision (created_at)",
    """CREATE TABLE exposure (decision_id VARCHAR NOT NULL REFERENCES decision (id), experiment VARCHAR NOT NULL,
    variant VARCHAR NOT NULL, PRIMARY KEY (decision_id, experiment))""",
    "CREATE INDEX ix_exposure_experiment ON exposure (experiment)",
    """CREATE TABLE outcome (number {serial}, decision_id VARCHAR NOT NULL REFERENCES decision (id), position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL, reward FLOAT NOT NULL, weight FLOAT NOT NULL, types JSON NOT NULL, batch VARCHAR NOT NULL,
    UNIQUE (decision_id, position))""",
    """CREATE TABLE head (version VARCHAR NOT NULL PRIMARY KEY, created_at VARCHAR NOT NULL, state JSON NOT NULL,
    outcomes_until BIGINT NOT NULL)""",
    """CREATE TABLE serving (number {serial}, head_version VARCHAR REFERENCES head (version), created_at VARCHAR NOT NULL,
    why JSON NOT NULL)""",
    """CREATE TABLE experiment (number {serial}, name VARCHAR NOT NULL, state VARCHAR NOT NULL, definition JSON NOT NULL,
    created_at VARCHAR NOT NULL)""",
    "CREATE INDEX ix_experiment_name ON experiment (name)",
)
# What was said is kept, turn by turn. A conversation may outlive the one that it was forked from: no reference to that.
_CONVERSATIONS = (
    """CREATE TABLE conversation (id VARCHAR NOT NULL PRIMARY KEY, user_id VARCHAR, created_at VARCHAR NOT NULL,
    forked_from VARCHAR, forked_at INTEGER)""",
    "CREATE INDEX ix_conversation_user_id ON conversation (user_id)",
    """CREATE TABLE conversation_turn (conversation_id VARCHAR NOT NULL REFERENCES conversation (id), number INTEGER NOT NULL,
    created_at VARCHAR NOT NULL, message VARCHAR NOT NULL, reading JSON NOT NULL, reply VARCHAR NOT NULL, decision_id VARCHAR,
    state JSON NOT NULL, PRIMARY KEY (conversation_id, number))""",
)
MIGRATIONS = (_FIRST, _EXPLANATIONS_APART, _MIXED_POLICIES, _LEARNING, _CONVERSATIONS)
_WORDS = {
    "sqlite": {"serial": "INTEGER NOT NULL PRIMARY KEY", "empty": "'[]'"},
    "postgresql": {
        "serial": "BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL PRIMARY KEY", "empty": "CAST('[]' AS JSON)"
    },
}  # fmt: skip
_LOCK = 0x7A57E


def migrate(engine: sa.Engine) -> None:
    """Apply the migrations that this database has not seen, in order, each in a transaction; one process at a time.

    Raises `StoreError` if a newer version has written it, `sqlalchemy.exc.DatabaseError` if the database refuses one; those before
    it are kept.
    """
    schema.tables.create_all(engine, tables=[schema.migration])
    with engine.connect() as connection:
        newest = connection.execute(sa.select(sa.func.max(schema.migration.c.number))).scalar() or 0
    if newest > len(MIGRATIONS):
        raise StoreError(
            f"was written by a newer version of Tastemaker (schema {newest}, this one knows {len(MIGRATIONS)})",
            where=str(engine.url.render_as_string()), remedy="Use that version, or another store",
        )  # fmt: skip
    for number, statements in enumerate(MIGRATIONS, start=1):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # SQLite's driver begins no transaction before a CREATE or ALTER unless told.
            immediate = engine.dialect.name == "sqlite"
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
            try:
                if not immediate:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                if connection.execute(sa.select(schema.migration).where(schema.migration.c.number == number)).first():
                    connection.exec_driver_sql("ROLLBACK")
                    continue
                for statement in statements:
                    connection.exec_driver_sql(statement.format(**_WORDS[engine.dialect.name]))
                connection.execute(sa.insert(schema.migration), {"number": number})
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
