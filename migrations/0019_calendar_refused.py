"""Google's words for why it takes no events into a host's calendar."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE host ADD COLUMN calendar_refused TEXT")
