"""How many bookings were refused, for each host, day and reason."""

TABLE = """CREATE TABLE refusal (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    day_at BIGINT NOT NULL,
    why VARCHAR(30) NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (host_id, day_at, why)
)"""


def up(migrator, db):
    db.execute_sql(TABLE)
