"""The host's one page, and signing in. In English alone.

All pages:
signin         Google's OAuth code flow, session
page           what every page shares: layout, addresses, forms
stale          who may send a form; one that is out of date or signed out

The settings page, and the forms of its sections:
settings       shown, saved; what is said while typing
views          the whole page: its sections, put together
fields         every section and field, declared once
forms          a section's form read into its part of the settings document
form_view      a section's form as it is shown, with its faults
store          a settings document, stored

What a section shows, and how it is read if its fields do not say it:
account        the connection to Google: its state, and its troubles
event_types    the list of event types
week           a week's hours, over midnight too
dates          other hours on single dates
days_off       public holidays to choose from, the names of days off
calendars      which calendars the host can choose from
units          lengths of time, as people type them
snippets       the embed code, and where it was seen
times          the next free times, to paste into an e-mail
why            why a time is or is not offered
bookings       how the bookings are listed
links          how one-off links are listed, and the form for a new one
webhook        where events are sent, and how it went
picture        the host's picture, made small

What is done at once, by buttons of their own:
acts           bookings (cancel, move, no-show, CSV), picture, links, tokens, webhook, account
moving         a new time for a booking, picked in the guests' picker
preview        what guests would see
"""
