"""Why Google did not take this server's requests when somebody last signed in: for doctor."""

TABLE = """
CREATE TABLE sign_in_fault (
    id INTEGER PRIMARY KEY,
    problem VARCHAR(120) NOT NULL,
    noted_at BIGINT NOT NULL
)
"""


def up(migrator, db):
    db.execute_sql(TABLE)
