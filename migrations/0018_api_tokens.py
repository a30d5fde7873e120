"""Tokens of hosts' own programs, by their hash alone."""

STATEMENTS = (
    """CREATE TABLE api_token (
        id CHAR(8) PRIMARY KEY,
        host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
        name VARCHAR(60) NOT NULL,
        digest CHAR(64) NOT NULL UNIQUE,
        created_at BIGINT NOT NULL,
        used_at BIGINT
    )""",
    "CREATE INDEX api_token_host ON api_token (host_id)",
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
