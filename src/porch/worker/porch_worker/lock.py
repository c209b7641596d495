"""`python -m porch_worker.lock -- COMMAND...`: runs a command while it holds a lock, of a file or in a database.

Rule: of all who name the same lock only one runs its command at a time, and the lock goes with its holder, however that
ends: a file is locked by the kernel, a database holds it for a connection.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

VARIABLE = "PORCH_LOCK"
"""Holds a file, a URL, or `$NAME` for a variable that has either; no word of the command, as a URL has a password."""
NAME = "porch prestart"
DRIVERS = {"postgresql": ("psycopg", "psycopg2", "pg8000.dbapi"), "mysql": ("MySQLdb", "pymysql", "mysql.connector")}
PACKAGES = {"pg8000.dbapi": "pg8000", "MySQLdb": "mysqlclient", "mysql.connector": "mysql-connector-python"}
"""What a driver is installed as, where that is not its name."""
SCHEMES = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def main(words: list[str]) -> NoReturn:
    """Hold the lock, run the command, end with its code."""
    command = words[words.index("--") + 1 :]
    lock = _named(os.environ.pop(VARIABLE, ""))
    # Kept by name until the command has ended: with it, the lock would go.
    held = _of_database(lock) if "://" in lock else _of_file(lock)
    code = _run(command)
    del held
    # As a shell says it; the supervisor says the same of a killed process.
    sys.exit(code if code >= 0 else 128 - code)


def _named(lock: str) -> str:
    if lock.startswith("$"):
        named = os.environ.get(lock[1:], "")
        if not named:
            sys.exit(f"the prestart lock is to be read from {lock}, which is not set")
        return named
    return lock


def _of_file(path: str) -> object:
    """An open file that the kernel has locked for this process and its command alone."""
    try:
        file = Path(path).open("a")  # noqa: SIM115  # open as long as it is locked
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for the lock {path}")
            fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        sys.exit(f"cannot lock {path}: {error.strerror}; name a file that this user may write")
    return file


def _of_database(url: str) -> object:
    """A connection that holds an advisory lock."""
    parts = urlsplit(url)
    scheme, _, wanted = parts.scheme.partition("+")
    kind = SCHEMES.get(scheme)
    if kind is None:
        sys.exit(f"a lock in a database is known for {', '.join(sorted(SCHEMES))}, not for {scheme}")
    name, driver = _driver(kind, wanted)
    told: dict[str, Any] = {"host": parts.hostname, "port": parts.port, "user": unquote(parts.username or "")}
    told |= {"password": unquote(parts.password or ""), "database": unquote(parts.path.lstrip("/"))}
    if name in {"psycopg", "MySQLdb"}:
        told["dbname" if name == "psycopg" else "db"] = told.pop("database")
    try:
        connection = driver.connect(**{key: value for key, value in told.items() if value})
        if kind == "postgresql" and hasattr(connection, "autocommit"):
            # No open transaction while the command runs: it would keep the database from cleaning up.
            connection.autocommit = True
        cursor = connection.cursor()
        _take(kind, cursor.execute, cursor.fetchone, told.get("database", told.get("db", "")))
    except Exception as error:  # whatever a driver raises
        sys.exit(f"cannot take the lock in the database at {parts.hostname or 'its socket'}: {error}")
    return connection


def _driver(kind: str, wanted: str) -> tuple[str, Any]:
    """The first driver that the app's interpreter has; the one that the URL names before all."""
    names = DRIVERS[kind]
    for name in sorted(names, key=lambda each: wanted not in ("", each.partition(".")[0])):
        try:
            return name, importlib.import_module(name)
        except ImportError:
            continue
    first, second, *_ = (PACKAGES.get(name, name) for name in names)
    sys.exit(f"a lock in {kind} needs a driver in the app's environment: pip install {first} (or {second})")


def _take(kind: str, execute: Callable[..., object], fetch: Callable[[], Any], database: str) -> None:
    if kind == "postgresql":
        number = int.from_bytes(hashlib.sha256(NAME.encode()).digest()[:8], "big", signed=True)
        execute("SELECT pg_try_advisory_lock(%s)", (number,))
        if not fetch()[0]:
            _say("waiting for the lock in the database")
            execute("SELECT pg_advisory_lock(%s)", (number,))
        return
    # MySQL knows such names for the whole server, each of at most 64 characters; -1 waits for ever.
    digest = hashlib.sha256(f"{NAME} {database}".encode()).hexdigest()[:40]
    execute("SELECT GET_LOCK(%s, -1)", (digest,))
    if fetch()[0] != 1:
        raise RuntimeError("GET_LOCK did not give it")


def _say(word: str) -> None:
    sys.stderr.write(f"{word}\n")
    sys.stderr.flush()


def _run(command: list[str]) -> int:
    try:
        child = subprocess.Popen(command)
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror}")
    # What is told to us is meant for the command.
    signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
    return child.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
