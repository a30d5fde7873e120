"""Earlier settings documents are kept no more: a section is compared as a whole."""


def up(migrator, db):
    db.execute_sql("DROP TABLE past_settings")
