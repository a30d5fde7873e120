"""One-off links, and which one a booking was made by."""

STATEMENTS = (
    """CREATE TABLE one_off_link (
        code CHAR(22) PRIMARY KEY,
        host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
        event VARCHAR(63) NOT NULL,
        title VARCHAR(200),
        duration INTEGER,
        times TEXT NOT NULL,
        uses INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 0,
        expires_at BIGINT,
        revoked_at BIGINT,
        created_at BIGINT NOT NULL
    )""",
    "CREATE INDEX one_off_link_host ON one_off_link (host_id, created_at)",
    "ALTER TABLE booking ADD COLUMN link CHAR(22)",
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
