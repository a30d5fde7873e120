"""When a booking was before it was moved last, for its guest to see."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE booking ADD COLUMN moved_from_at BIGINT")
