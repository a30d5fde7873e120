"""What tests share and find as new: databases, applications, the moment after Ana's sign-in."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

import models
from app import create_app
from demo.google import StandIn
from demo.google.state import State
from widget import config
from widget.web import logs

# --- databases ----------------------------------------------------------------------------------


class Database(Protocol):
    """A database with all tables; its `url` may be another one once it was emptied."""

    url: str

    def empty(self) -> None: ...


class SQLite:
    """A file, copied from one that was migrated."""

    def __init__(self, folder: Path) -> None:
        self._migrated, self._file = folder / "migrated.db", folder / "meetslot.db"
        self.url = f"sqlite:///{self._file}"
        models.connect(f"sqlite:///{self._migrated}")
        models.database.close()

    def empty(self) -> None:
        for leftover in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(f"{self._file}{leftover}")
        with suppress(FileNotFoundError):
            self._file.unlink()  # who has it open keeps the old one
        shutil.copyfile(self._migrated, self._file)


class PostgreSQL:
    """A database of our server; another one once a test has changed its tables."""

    #: Tables and indexes, column by column.
    SHAPE = """
        SELECT string_agg(concat_ws('.', relname, attname, atttypid), ' ' ORDER BY relname, attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace
    """
    EMPTY = """
        DO $$ DECLARE name text; BEGIN
          FOR name IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename NOT LIKE '%migration%'
          LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        END $$
    """

    def __init__(self, server: str) -> None:
        self._server, self._number = server, 0
        self._create()

    def empty(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            if connection.execute(self.SHAPE).fetchone() == self._shape:
                connection.execute(self.EMPTY)
                return
        self._create()

    def _create(self) -> None:
        self._number += 1
        name = f"meetslot{self._number}"
        with psycopg.connect(self._server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self.url = self._server.format(name)
        models.connect(self.url)
        models.database.close()
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._shape = connection.execute(self.SHAPE).fetchone()


Rows = dict[str, list[tuple[Any, ...]]]


def rows() -> Rows:
    """All that is stored, those tables first that others point to."""
    tables = {name for name in models.database.get_tables() if "migration" not in name}
    tables.remove("host_version")  # which the database fills by itself
    needed = {
        name: {key.dest_table for key in models.database.get_foreign_keys(name)} for name in tables
    }
    return {
        name: models.database.execute_sql(f'SELECT * FROM "{name}"').fetchall()
        for name in TopologicalSorter(needed).static_order()
    }


def put_back(stored: Rows) -> None:
    """Nothing but these rows in the tables."""
    run, mark = models.database.connection().execute, models.database.param
    with models.database.atomic():
        for table in reversed(stored):
            run(f'DELETE FROM "{table}"')
        for table, found in stored.items():
            for row in found:
                run(f'INSERT INTO "{table}" VALUES ({", ".join([mark] * len(row))})', row)


# --- applications ---------------------------------------------------------------------------------


def keep_compiled(folder: Path) -> None:
    """Every application of this process compiles no template that another one has compiled."""
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(folder))}


Memory = list[tuple[dict[Any, Any], dict[Any, Any]]]


class Applications:
    """The product for an environment: made once by each worker, as new for every test.

    A test that adds to an application (a blueprint, a hook) has to make one of its own.
    """

    def __init__(self) -> None:
        self._made: dict[Any, tuple[Flask, Memory]] = {}
        self._databases: dict[str, Any] = {}

    def __call__(self, environ: Mapping[str, str]) -> Flask:
        key = tuple(sorted(environ.items()))
        if key not in self._made:
            app = create_app(config.load(environ))
            _ = app.extensions["meetslot"].service  # built once: it remembers nothing
            self._made[key] = app, _memory(app)
            self._databases[environ["DATABASE_URL"]] = models.database.obj
        app, at_first = self._made[key]
        _remember(at_first)
        app.extensions["meetslot.counts"].storage.reset()
        logs.start(app.extensions["meetslot"].config.log_level)
        models.database.initialize(self._databases[environ["DATABASE_URL"]])
        models.database.close()  # its file may be another one by now
        return app


def forget_counts(app: Flask) -> None:
    """Let everybody ask as if it were the first time."""
    counts = app.extensions["meetslot.counts"]
    counts.storage.reset()
    vars(counts)["_shares"].clear()


def _memory(app: Flask) -> Memory:
    """The attributes of everything that an application keeps something in, and what they are."""
    parts = app.extensions.values()
    kept = [
        app.config,
        app.extensions,
        *(vars(part) for part in parts if hasattr(part, "__dict__")),
    ]
    return [(each, _copied(each)) for each in kept]


def _remember(memory: Memory) -> None:
    """What was remembered then, and nothing else."""
    for each, then in memory:
        each.clear()
        each.update(_copied(then))


def _copied(attributes: dict[Any, Any]) -> dict[Any, Any]:
    return {
        name: value.copy() if type(value) in (dict, list, set) else value
        for name, value in attributes.items()
    }


# --- sign-ins -----------------------------------------------------------------------------------


@dataclass
class Browser:
    """A person's browser without JavaScript: a test client that can sign in."""

    client: FlaskClient
    google: StandIn

    def sign_in(self, email: str, scopes: Any = None, *, follow: bool = True) -> Any:
        """Through Google's consent page, to where it leads (the settings page takes its time)."""
        to_google = self.client.get("/login").headers["Location"]
        back = urlsplit(self.google.authorize(to_google, email, scopes))
        return self.client.get(f"{back.path}?{back.query}", follow_redirects=follow)


class Moments:
    """What was done once for an application and a time, and is come back to afterwards."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Rows, bytes, Any]] = {}

    def sign_in(self, app: Flask, google: StandIn, email: str) -> Browser:
        """The browser of somebody who has just become a host."""
        browser = Browser(app.test_client(), google)

        def act() -> str:
            assert browser.sign_in(email, follow=False).status_code == 303
            cookie = browser.client.get_cookie("session")
            assert cookie
            return cookie.value

        if untouched(google) and not models.read("SELECT 1 FROM host LIMIT 1"):
            session = self.after(email, act, google, app)
            browser.client.set_cookie("session", session)
        else:
            act()
        return browser

    def after(self, what: str, act: Callable[[], Any], google: StandIn, *apps: Flask) -> Any:
        """What `act` gave when it was done; all that it has led to is there, and the applications
        know no more than before. Whoever asks for the same comes from the same moment."""
        key = (what, time.time(), *apps)
        if key in self._known:
            stored, remembered, given = self._known[key]
            put_back(stored)
            google.state.restore(remembered)
            return given
        before = [_memory(app) for app in apps]
        given = act()
        for app, memory in zip(apps, before, strict=True):
            _remember(memory)
            forget_counts(app)
        self._known[key] = (rows(), google.state.snapshot(), given)
        return given


def untouched(google: StandIn) -> bool:
    """Whether nothing was done to the stand-in since it was reset."""
    now, new = vars(google.state), vars(State())
    parts = new.keys() - {"lock", "changes"}
    return not google.faults.waiting and all(now[part] == new[part] for part in parts)
