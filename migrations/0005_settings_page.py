"""What the settings page keeps: earlier documents and handles, calendars by name, sightings."""

TABLES = """
CREATE TABLE past_settings (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (host_id, revision)
);
CREATE TABLE old_handle (
    handle VARCHAR(63) PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE
);
CREATE TABLE calendar_list (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    entries TEXT NOT NULL DEFAULT '[]',
    asked_at BIGINT NOT NULL DEFAULT 0,
    problem VARCHAR(80)
);
CREATE TABLE sighting (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    origin VARCHAR(300) NOT NULL,
    event VARCHAR(63) NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (host_id, origin, event)
);
ALTER TABLE booking ADD COLUMN no_show BOOLEAN NOT NULL DEFAULT FALSE
"""


def up(migrator, db):
    for statement in TABLES.split(";"):
        db.execute_sql(statement)
