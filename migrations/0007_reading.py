"""How far a calendar was read, so that a long one is gone on with in the next round."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE watched_calendar ADD COLUMN page_token TEXT")
    db.execute_sql("ALTER TABLE watched_calendar ADD COLUMN unread TEXT NOT NULL DEFAULT '[]'")
