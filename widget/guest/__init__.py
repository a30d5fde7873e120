"""The guest's pages. No cookie, no session, no sign-in.

steps       choosing a time: month, day, zone, form
booking     from booking on: the booking's own page and its changes
page        what an address leads to, and what every page of a host needs
picture     the host's picture, and the one that chats show beside a link
away        what is said of days off
days        free times as months and days
params      what a request carries along from step to step
invitation  a booking as its page and its .ics show it
embedding   which sites may frame a page
script      embed.js
sightings   on which sites the widget was seen
"""
