"""What a host wrote to the guest when moving a booking."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE booking ADD COLUMN message TEXT")
