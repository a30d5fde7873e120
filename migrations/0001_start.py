"""Hosts, their busy times, and bookings that cannot overlap."""

# Instants are whole seconds since 1970 UTC, so that both databases compare them alike.
TABLES = """
CREATE TABLE host (
    id {serial} PRIMARY KEY,
    handle VARCHAR(63) NOT NULL UNIQUE,
    email VARCHAR(320) NOT NULL,
    subject VARCHAR(255) NOT NULL UNIQUE,
    settings TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    refresh_token TEXT,
    access_token TEXT,
    token_expires_at BIGINT,
    scopes TEXT NOT NULL DEFAULT '',
    disconnected_at BIGINT,
    disconnected_reason VARCHAR(80),
    calendar_problem TEXT,
    asked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE busy_times (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    intervals TEXT NOT NULL DEFAULT '[]',
    start_at BIGINT NOT NULL DEFAULT 0,
    end_at BIGINT NOT NULL DEFAULT 0,
    fetched_at BIGINT NOT NULL DEFAULT 0,
    refreshing_until BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE booking (
    id CHAR(32) PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    event VARCHAR(63) NOT NULL,
    promise TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    buffer_before_minutes INTEGER NOT NULL,
    buffer_after_minutes INTEGER NOT NULL,
    guest_name VARCHAR(200) NOT NULL,
    guest_email VARCHAR(254) NOT NULL,
    notes TEXT NOT NULL,
    answers TEXT NOT NULL,
    guests TEXT NOT NULL,
    tz VARCHAR(64) NOT NULL,
    language VARCHAR(35) NOT NULL,
    utm TEXT NOT NULL,
    status VARCHAR(9) NOT NULL CHECK (status IN ('pending', 'confirmed', 'cancelled', 'failed')),
    meet_link TEXT,
    meet_pending BOOLEAN NOT NULL DEFAULT FALSE,
    google_event_id VARCHAR(64) NOT NULL UNIQUE,
    calendar TEXT NOT NULL,
    etag VARCHAR(255),
    idempotency_key VARCHAR(100),
    body_digest VARCHAR(64) NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    settle_after BIGINT NOT NULL,
    failure VARCHAR(80),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (start_at < end_at),
    UNIQUE (host_id, idempotency_key)
);
CREATE INDEX booking_active ON booking (host_id, start_at) WHERE status IN ('pending', 'confirmed');
CREATE INDEX booking_unsettled ON booking (settle_after) WHERE status = 'pending' OR meet_pending;
CREATE INDEX booking_guest ON booking (LOWER(guest_email));
CREATE INDEX booking_created ON booking (host_id, created_at)
"""

POSTGRESQL = """
ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist (
    int4range(host_id, host_id, '[]') WITH &&, int8range(start_at, end_at) WITH &&
) WHERE (status IN ('pending', 'confirmed'))
"""

SQLITE_TRIGGER = """
CREATE TRIGGER booking_overlap_{act} BEFORE {act} ON booking
WHEN NEW.status IN ('pending', 'confirmed') AND EXISTS (
    SELECT 1 FROM booking AS other
    WHERE other.host_id = NEW.host_id AND other.id <> NEW.id
      AND other.status IN ('pending', 'confirmed')
      AND other.start_at < NEW.end_at AND other.end_at > NEW.start_at
)
BEGIN SELECT RAISE(ABORT, 'booking_overlap'); END
"""


def up(migrator, db):
    sqlite = type(db).__name__ == "SqliteDatabase"
    for statement in TABLES.format(serial="INTEGER" if sqlite else "SERIAL").split(";"):
        db.execute_sql(statement)
    if sqlite:
        for act in ("INSERT", "UPDATE"):
            db.execute_sql(SQLITE_TRIGGER.format(act=act))
    else:
        db.execute_sql(POSTGRESQL)
