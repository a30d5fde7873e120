"""Pure: the standard library and pydantic only. No Flask, no database; the clock is handed in.

slots     which times are free, and why others are not
document  the settings document: its JSON, its validation, the slot rules in it
fields    validators that the document's fields share
clock     instants (seconds since 1970 UTC) and RFC 3339
"""
