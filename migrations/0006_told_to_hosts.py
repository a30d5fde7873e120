"""What the settings page tells a host about Google: an unknown zone, a fault of this server's
set-up, a calendar without Meet links."""

COLUMNS = """
ALTER TABLE host ADD COLUMN unknown_zone TEXT;
ALTER TABLE host ADD COLUMN server_problem VARCHAR(120);
ALTER TABLE host ADD COLUMN calendar_without_meet TEXT
"""


def up(migrator, db):
    for statement in COLUMNS.split(";"):
        db.execute_sql(statement)
