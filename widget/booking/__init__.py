"""What people and time do to bookings. No Flask.

target       which host and event type an address means
snapshot     what a host's pages are made of, kept while it is so
offer        what can be booked now, and why something cannot
guest_input  what a guest typed, validated
act          what people do: book, cancel, reschedule
refusals     how many bookings were refused, and why
mail         how much of it Google may send to one person
states       every change of a booking's status, and who may make it
rows         bookings as they are stored: queries and notes
settling     whose turn it is to talk to Google about a booking
events       a booking's event at Google, and how the two are made to agree
whereabouts  in which of the host's calendars the event stands
busy         busy times, their cache, and how they are asked for before they are too old
leases       what one worker does alone
reconcile    settles what is unknown at Google; background rounds
changes      what hosts change in Google, taken in
channels     Google's push channels
links        signed links, nonces and cursors
one_off      one-off links: for one guest, or so many
tokens       what a host's own programs show
webhooks     where hosts' own programs are told, and what they have still to be told
export       bookings as rows of a table or file
deletion     erasing a host or a guest; what guests said, wiped after a while
errors       why nothing was booked or changed
"""
