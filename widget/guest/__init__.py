"""The guest's pages. No cookie, no session, no sign-in.

steps       choosing a time: month, day, zone, form
booking     from booking on: the booking's own page and its changes
page        what an address leads to, and what every page of a host needs
card        the picture that chats show beside a link
picture     the host's picture, by what is in it
away        what is said of days off
days        free times as months and days
discovery   what editors, chats and search read of a page
params      what a request carries along from step to step
invitation  a booking as its page and its .ics show it
embedding   which sites may frame a page
script      embed.js
sightings   on which sites the widget was seen
"""
