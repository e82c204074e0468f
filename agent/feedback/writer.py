"""Durable writes. On SQLite those that wait for each other are committed together; PostgreSQL does that by itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tastemaker.errors import StoreError

R = TypeVar("R")
Job = Callable[[sa.Connection], R]
GROUP = 256
"""Most jobs that one commit carries: bounds how long the first of them waits for the last."""


class Writer:
    """Runs jobs in transactions of `engine`: when `run` returns, what its job wrote is on disk.

    A job is given a connection inside a transaction, and neither commits nor rolls back. One that raises leaves nothing behind, and
    nothing of the others is lost.

    On SQLite a commit waits for the disk, and only one can be under way. So whoever finds no commit under way commits for all who have
    queued up meanwhile (group commit, DeWitt et al., SIGMOD 1984), each job in a savepoint of its own.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine, self._alone = engine, engine.dialect.name == "sqlite"
        self._queue: deque[_Waiting[Any]] = deque()
        self._turn = threading.Lock()
        self._kept: sa.Connection | None = None
        self._fault: type[Exception] = cast(Any, engine.dialect.dbapi).OperationalError

    def run(self, job: Job[R]) -> R:
        """What `job` returns, once it is committed. Raises what it raises, and `StoreError` if the database can't write."""
        try:
            if not self._alone:
                with self._engine.begin() as connection:
                    return job(connection)
            waiting = _Waiting(job)
            self._queue.append(waiting)
            with self._turn:
                while not waiting.ended:  # it is, where someone committed it while this thread waited for its turn
                    self._commit_together()
            return waiting.result()
        except (sa.exc.OperationalError, self._fault) as error:
            raise StoreError(
                f"nothing was written ({getattr(error, 'orig', error)})", where=self._engine.url.render_as_string(),
                remedy="Free some space, or see what else holds the database; then try again",
            ) from error  # fmt: skip

    def close(self) -> None:
        """Give the kept connection back; a later `run` takes another."""
        with self._turn:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def _commit_together(self) -> None:
        group = [self._queue.popleft() for _ in range(min(len(self._queue), GROUP))]
        try:
            if not self._committed(group, apart=False):
                self._committed(group, apart=True)
        finally:
            for waiting in group:
                waiting.ended = True

    def _committed(self, group: Sequence[_Waiting[Any]], apart: bool) -> bool:
        """Run the jobs in one transaction, in savepoints of their own if `apart`; False, and nothing done, if one failed that has
        company: savepoints cost as much as a small job, and hardly any fails."""
        try:
            if self._kept is None:
                self._kept = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            driver = driver_of(self._kept)
            # The write lock from the beginning: what a job reads stays true until it is written.
            driver.execute("BEGIN IMMEDIATE")
            for waiting in group:
                waiting.work(self._kept, driver if apart else None)
            driver.execute("COMMIT")
            return True
        except BaseException as error:
            self._abandon()
            if isinstance(error, Exception) and len(group) > 1 and not apart:
                return False
            for waiting in group:
                waiting.fault = waiting.fault or error
            if not isinstance(error, Exception):
                raise
            return True

    def _abandon(self) -> None:
        """Roll back; where that fails, as after a full disk, let go of the connection too."""
        if self._kept is None:
            return
        try:
            driver_of(self._kept).execute("ROLLBACK")
        except self._fault:
            self._kept.invalidate()
            self._kept.close()
            self._kept = None


class _Waiting(Generic[R]):
    """A job, and what came of it once `ended`."""

    def __init__(self, job: Job[R]) -> None:
        self.job, self.ended = job, False
        self.found: R | None = None
        self.fault: BaseException | None = None

    def work(self, connection: sa.Connection, savepoints: Any) -> None:
        if savepoints is None:
            self.found = self.job(connection)
            return
        savepoints.execute("SAVEPOINT job")
        try:
            self.found = self.job(connection)
        except Exception as error:  # noqa: BLE001 (raised again in the thread that waits for it)
            self.fault = error
            savepoints.execute("ROLLBACK TO job")
        savepoints.execute("RELEASE job")

    def result(self) -> R:
        if self.fault is not None:
            raise self.fault
        return cast(R, self.found)


class Statement:
    """A statement of SQLAlchemy Core for a dialect, compiled once and given straight to the driver: compiling, type processing and
    results cost more than SQLite's own work. Errors are the driver's.

    JSON columns of an insert are written as JSON; rows of a select come as the driver gives them.
    """

    def __init__(self, statement: sa.Executable, engine: sa.Engine, columns: Sequence[sa.Column[Any]] = ()) -> None:
        compiled = cast(sa.ClauseElement, statement).compile(
            dialect=engine.dialect, column_keys=[one.name for one in columns] or None
        )
        self._sql, self._names = str(compiled), getattr(compiled, "positiontup", None)
        self._json = frozenset(one.name for one in columns if isinstance(one.type, sa.JSON))

    def __call__(self, connection: sa.Connection, *rows: Mapping[str, Any]) -> Any:
        """Execute for one row of parameters, or for many at once; the driver's cursor."""
        cursor = driver_of(connection).cursor()
        if len(rows) == 1:
            cursor.execute(self._sql, self._values(rows[0]))
        else:
            cursor.executemany(self._sql, [self._values(row) for row in rows])
        return cursor

    def _values(self, row: Mapping[str, Any]) -> Any:
        if self._names is None:
            return {name: _json(value) if name in self._json else value for name, value in row.items()}
        return [_json(row[name]) if name in self._json else row[name] for name in self._names]


def driver_of(connection: sa.Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection


def insert(table: sa.Table, engine: sa.Engine, *, once: bool = False) -> Statement:
    """An insert of whole rows, their serial number left out; `once`: nothing happens where the primary key is there already."""
    columns = [one for one in table.columns if one.name != "number"]
    if not once:
        return Statement(sa.insert(table), engine, columns)
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    return Statement(dialect.insert(table).on_conflict_do_nothing(), engine, columns)


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def lock(connection: sa.Connection) -> None:
    """On PostgreSQL let no other transaction that asks for it go on until this one ends: whoever matures, erases, expires or keeps a head. SQLite has
    one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(501123)")
