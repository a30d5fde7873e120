"""What the site around a booking page has still to be told of a booking."""


def up(migrator, db):
    db.execute_sql(
        "ALTER TABLE booking ADD COLUMN unannounced VARCHAR(11)"
        " CHECK (unannounced IN ('booked', 'rescheduled', 'cancelled'))"
    )
