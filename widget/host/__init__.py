"""The host's one page, and signing in.

signin         Google's OAuth code flow, session, the page's layout
settings       the settings page and its saves
views          what the settings page shows, section by section
forms          a section's form read into the settings document
form_view      a section's form as it is shown, with its faults
saving         storing a changed document
bookings       the host's bookings: cancel, move, no-show, CSV
bookings_view  how they are listed
preview        what guests would see
account        disconnect, delete
snippets       the embed code
calendars      which calendars the host can choose from
why            why a time is or is not offered
why_closed     the same on the settings page
stale          a form that is out of date or signed out
"""
