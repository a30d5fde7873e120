"""A number for each host that the database itself raises with everything its pages are made of.

No way of writing can forget it. It begins, and goes on, by chance: a host with the id of a deleted
one, and a database put back from a copy, never come to a number that was another state before.
"""

STATEMENTS = (
    """CREATE TABLE host_version (
        host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
        version BIGINT NOT NULL,
        busy BIGINT NOT NULL
    )""",
    "INSERT INTO host_version SELECT id, {chance}, {chance} FROM host",
    # what a page reads of bookings, without their rows
    """CREATE INDEX booking_held ON booking (host_id, end_at, start_at, buffer_before_minutes,
        buffer_after_minutes, event, holds, new_start_at, new_end_at, id)
        WHERE status IN ('pending', 'confirmed')""",
    "CREATE INDEX booking_moving ON booking (host_id) WHERE new_start_at IS NOT NULL",
)
NEW_HOST = "INSERT INTO host_version VALUES (NEW.id, {chance}, {chance})"
RAISE = "UPDATE host_version SET {what} WHERE host_id IN ({hosts})"

#: What pages are made of, by table; tokens, attempts, etags and the like are not. Of busy times
#: not when they were asked for: that is looked at for each answer.
COLUMNS = {
    "host": ("handle", "settings", "disconnected_at", "disconnected_reason", "calendar_gone"),
    "busy_times": ("host_id", "intervals"),
    "booking": (
        "host_id", "event", "start_at", "end_at", "buffer_before_minutes", "buffer_after_minutes",
        "status", "change", "new_start_at", "new_end_at", "holds",
    ),
}  # fmt: skip


def up(migrator, db):
    sqlite = type(db).__name__ == "SqliteDatabase"
    chance = "(1 + abs(random() % {most}))" if sqlite else "(1 + floor(random() * {most})::bigint)"
    for statement in STATEMENTS:
        db.execute_sql(statement.replace("{chance}", chance.format(most=2**48)))
    step = chance.format(most=2**20)
    made = NEW_HOST.replace("{chance}", chance.format(most=2**48))
    trigger = _sqlite if sqlite else _postgresql
    trigger(db, "host", "INSERT", "", made, at_once=True)
    for table, columns in COLUMNS.items():
        numbers = ("version", "busy") if table == "busy_times" else ("version",)
        what = ", ".join(f"{number} = {number} + {step}" for number in numbers)
        id = "id" if table == "host" else "host_id"
        old, new = (", ".join(f"{row}.{each}" for each in columns) for row in ("OLD", "NEW"))
        differs = f"({old}) {'IS NOT' if sqlite else 'IS DISTINCT FROM'} ({new})"
        raised = RAISE.format(what=what, hosts=f"OLD.{id}, NEW.{id}")
        trigger(db, table, "UPDATE", differs, raised)
        if table != "host":
            trigger(db, table, "INSERT", "", RAISE.format(what=what, hosts="NEW.host_id"))
            trigger(db, table, "DELETE", "", RAISE.format(what=what, hosts="OLD.host_id"))


def _sqlite(db, table, act, when, does, at_once=False):
    db.execute_sql(
        f"CREATE TRIGGER version_{table}_{act.lower()} AFTER {act} ON {table} FOR EACH ROW"
        f" {f'WHEN {when}' if when else ''} BEGIN {does}; END"
    )


def _postgresql(db, table, act, when, does, at_once=False):
    """At the end of the transaction: nobody locks a number and then waits for a row that somebody
    else has locked who waits for the number."""
    name = f"version_{table}_{act.lower()}"
    db.execute_sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {does}; RETURN NULL; END $$"
    )
    kind = "TRIGGER" if at_once else "CONSTRAINT TRIGGER"
    db.execute_sql(
        f"CREATE {kind} {name} AFTER {act} ON {table}"
        f" {'' if at_once else 'DEFERRABLE INITIALLY DEFERRED'} FOR EACH ROW"
        f" {f'WHEN ({when})' if when else ''} EXECUTE FUNCTION {name}()"
    )
