"""One table of leases, for everything that one worker does alone."""

# What was held before is not: whoever held it may find that somebody else begins the same.
STATEMENTS = (
    "DROP TABLE lease",
    """CREATE TABLE lease (
        name VARCHAR(60) PRIMARY KEY,
        token VARCHAR(32) NOT NULL,
        until BIGINT NOT NULL
    )""",
    "ALTER TABLE busy_times DROP COLUMN refreshing_until",
    "ALTER TABLE watched_calendar DROP COLUMN busy_until",
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
