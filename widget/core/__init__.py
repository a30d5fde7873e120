"""Pure: no Flask, no database, no Google; the clock is handed in. Of libraries only such as know
rules or data: pydantic, holidays, idna, babel.

slots       which times are free, and why others are not
document    the settings document: its JSON, its validation
locations   where people meet: what each kind of location means
moving      Calendly's and Cal.com's answers as a settings document
first       the document of a new host
hours       which week holds for an event type, which days are off: the slot rules of a document
days_off    public holidays of countries and their regions
fields      kinds of values that the document's fields have, and validators
addresses   origins and URLs, read as browsers do
characters  what nobody sees, and texts without it
contact     e-mail addresses and phone numbers, as people write them
names       handles, slugs and ids made from texts
zones       time zones by whatever name they come
bounded     a dictionary of so many bytes
clock       instants (seconds since 1970 UTC), RFC 3339, times of a day
"""
