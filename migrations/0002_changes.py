"""Cancelling and moving a booking, what hosts do in Google, and who listens to it."""

COLUMNS = """
ALTER TABLE booking ADD COLUMN change VARCHAR(6) CHECK (change IN ('cancel', 'move'));
ALTER TABLE booking ADD COLUMN new_start_at BIGINT;
ALTER TABLE booking ADD COLUMN new_end_at BIGINT;
ALTER TABLE booking ADD COLUMN pending_since BIGINT;
ALTER TABLE booking ADD COLUMN cancelled_by VARCHAR(5) CHECK (cancelled_by IN ('guest', 'host'));
ALTER TABLE booking ADD COLUMN cancel_reason TEXT;
ALTER TABLE booking ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE booking ADD COLUMN guest_response VARCHAR(20);
ALTER TABLE booking ADD COLUMN holds BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE booking ADD COLUMN conflict BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE booking ADD COLUMN leftover BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE booking ADD COLUMN trouble VARCHAR(6) CHECK (trouble IN ('book', 'cancel', 'move'));
ALTER TABLE host ADD COLUMN calendar_gone TEXT;
DROP INDEX booking_unsettled;
CREATE INDEX booking_unsettled ON booking (settle_after)
    WHERE status = 'pending' OR meet_pending OR leftover;
CREATE TABLE watched_calendar (
    id {serial} PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    calendar TEXT NOT NULL,
    sync_token TEXT,
    due BOOLEAN NOT NULL DEFAULT TRUE,
    read_at BIGINT NOT NULL DEFAULT 0,
    busy_until BIGINT NOT NULL DEFAULT 0,
    watch_after BIGINT NOT NULL DEFAULT 0,
    UNIQUE (host_id, calendar)
);
CREATE TABLE channel (
    id VARCHAR(64) PRIMARY KEY,
    watched_id INTEGER NOT NULL REFERENCES watched_calendar (id) ON DELETE CASCADE,
    token VARCHAR(64) NOT NULL,
    resource_id TEXT,
    expires_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX channel_watched ON channel (watched_id);
CREATE TABLE lease (
    name VARCHAR(20) PRIMARY KEY,
    held_until BIGINT NOT NULL
)
"""

# A row holds one time, or two while nobody knows whether Google moved its event. A row that the
# host moved onto another one in Google, or that takes no time there any more, stands aside.
HELD = """
    CASE WHEN new_start_at IS NULL THEN int8multirange(int8range(start_at, end_at))
    ELSE int8multirange(int8range(start_at, end_at), int8range(new_start_at, new_end_at)) END
"""
POSTGRESQL = f"""
ALTER TABLE booking DROP CONSTRAINT booking_overlap;
ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist (
    int4range(host_id, host_id, '[]') WITH &&, ({HELD}) WITH &&
) WHERE (status IN ('pending', 'confirmed') AND holds AND NOT conflict)
"""

SQLITE_TRIGGER = """
CREATE TRIGGER booking_overlap_{act} BEFORE {act} ON booking
WHEN NEW.status IN ('pending', 'confirmed') AND NEW.holds AND NOT NEW.conflict AND EXISTS (
    SELECT 1 FROM booking AS other
    WHERE other.host_id = NEW.host_id AND other.id <> NEW.id
      AND other.status IN ('pending', 'confirmed') AND other.holds AND NOT other.conflict
      AND (
        (other.start_at < NEW.end_at AND other.end_at > NEW.start_at)
        OR (other.new_start_at < NEW.end_at AND other.new_end_at > NEW.start_at)
        OR (other.start_at < NEW.new_end_at AND other.end_at > NEW.new_start_at)
        OR (other.new_start_at < NEW.new_end_at AND other.new_end_at > NEW.new_start_at)
      )
)
BEGIN SELECT RAISE(ABORT, 'booking_overlap'); END
"""


def up(migrator, db):
    sqlite = type(db).__name__ == "SqliteDatabase"
    statements = COLUMNS.format(serial="INTEGER" if sqlite else "SERIAL").split(";")
    for statement in statements if sqlite else [*statements, *POSTGRESQL.split(";")]:
        db.execute_sql(statement)
    if sqlite:
        for act in ("INSERT", "UPDATE"):
            db.execute_sql(f"DROP TRIGGER booking_overlap_{act}")
            db.execute_sql(SQLITE_TRIGGER.format(act=act))
