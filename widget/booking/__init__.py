"""What people and time do to bookings. No Flask.

target       which host and event type an address means
offer        what can be booked now, and why something cannot
guest_input  what a guest typed, validated
act          what people do: book, cancel, reschedule
events       a booking's event at Google, and how the two are made to agree
busy         busy times and their cache
whereabouts  the calendar in which a booking's event stands
reconcile    settles what is unknown at Google, and background rounds
changes      what hosts change in Google, taken in
channels     Google's push channels
links        signed links and nonces
export       bookings as rows: JSON and CSV
deletion     erasing a host or a guest
errors       why nothing was booked or changed
"""
