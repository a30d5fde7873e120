"""Slugs that event types had before: links and snippets with them go on leading there."""

TABLE = """
CREATE TABLE old_slug (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    slug VARCHAR(63) NOT NULL,
    event VARCHAR(63) NOT NULL,
    PRIMARY KEY (host_id, slug)
)
"""


def up(migrator, db):
    db.execute_sql(TABLE)
