"""The host's one page, and signing in. In English alone.

signin         Google's OAuth code flow, session
page           what every page shares: layout, addresses, forms
stale          a form that is out of date or signed out
settings       the settings page and its saves
store          a settings document, stored
fields         every section and field of the page, declared once
forms          a section's form read into its part of the settings document
form_view      a section's form as it is shown, with its faults
views          the whole page: its sections, put together
event_types    the list of event types
week           a week's hours, over midnight too
dates          other hours on single dates
days_off       public holidays to choose from, the names of days off
units          lengths of time, as people type them
bookings       cancel, move, no-show, CSV
moving         a new time for one, picked in the guests' picker
bookings_view  how the bookings are listed
picture        the host's picture, made small
links          one-off links, made and revoked
links_view     how they are listed, and the form for a new one
times          the next free times, to paste into an e-mail
preview        what guests would see
account        the connection; disconnect, delete
programs       API tokens, made and ended
webhook        where events are sent, set and tried
webhook_view   how that is shown, and how it went
snippets       the embed code, and where it was seen
calendars      which calendars the host can choose from
why            why a time is or is not offered
"""
