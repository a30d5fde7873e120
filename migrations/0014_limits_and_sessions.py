"""Whom Google was asked to mail about a booking, and when; and an end to a host's sessions."""

STATEMENTS = (
    "ALTER TABLE host ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE mailing (
        booking_id CHAR(32) NOT NULL REFERENCES booking (id) ON DELETE CASCADE,
        mailbox VARCHAR(254) NOT NULL,
        sent_at BIGINT NOT NULL
    )""",
    "CREATE INDEX mailing_mailbox ON mailing (mailbox, sent_at)",
    "CREATE INDEX mailing_booking ON mailing (booking_id)",
    # what was booked before counts for its guest's address, as it is written
    """INSERT INTO mailing (booking_id, mailbox, sent_at)
        SELECT id, LOWER(guest_email), created_at FROM booking WHERE status <> 'failed'""",
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
