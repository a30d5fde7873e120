"""Webhooks, what is to be sent to them, and how each attempt went.

A webhook moves out of its host's settings into a row of its own, where its secret can be encrypted:
it is at the next `flask keys rotate`.

No foreign key leads from a delivery to its host: PostgreSQL would look at the host's row when one
is written, and wait for whoever holds it, who may be waiting for the booking that changes.
"""

import json

TABLES = (
    """CREATE TABLE webhook (
        host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
        url TEXT NOT NULL,
        secret TEXT NOT NULL,
        old_secret TEXT,
        old_until BIGINT,
        events TEXT NOT NULL,
        told_at BIGINT,
        slow BOOLEAN NOT NULL DEFAULT FALSE
    )""",
    """CREATE TABLE delivery (
        id {serial} PRIMARY KEY,
        key CHAR(32) NOT NULL UNIQUE,
        host_id INTEGER NOT NULL,
        booking_id CHAR(32) REFERENCES booking (id) ON DELETE CASCADE,
        type VARCHAR(30) NOT NULL,
        happened_at BIGINT NOT NULL,
        status VARCHAR(9),
        start_at BIGINT,
        end_at BIGINT,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at BIGINT,
        sent_at BIGINT
    )""",
    "CREATE INDEX delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX delivery_booking ON delivery (booking_id, id)",
    "CREATE INDEX delivery_host ON delivery (host_id, id)",
    """CREATE TABLE attempt (
        id {serial} PRIMARY KEY,
        delivery_id INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
        made_at BIGINT NOT NULL,
        status INTEGER,
        words VARCHAR(200) NOT NULL
    )""",
    "CREATE INDEX attempt_delivery ON attempt (delivery_id)",
)


def up(migrator, db):
    sqlite = type(db).__name__ == "SqliteDatabase"
    for statement in TABLES:
        db.execute_sql(statement.format(serial="INTEGER" if sqlite else "SERIAL"))
    mark = "?" if sqlite else "%s"
    values = ", ".join([mark] * 4)
    move = f"INSERT INTO webhook (host_id, url, secret, events) VALUES ({values})"
    for id, text in db.execute_sql("SELECT id, settings FROM host").fetchall():
        settings = json.loads(text)
        hook = settings.get("webhook")
        if hook:
            db.execute_sql(move, (id, hook["url"], hook["secret"], json.dumps(hook["events"])))
            settings["webhook"] = None
            kept = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
            db.execute_sql(f"UPDATE host SET settings = {mark} WHERE id = {mark}", (kept, id))
