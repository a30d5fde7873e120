"""What people and time do to bookings. No Flask.

offer        what can be booked now, and why something cannot
guest_input  what a guest typed, validated
act          what people do: book, cancel, reschedule
events       a booking's event at Google, and how the two are made to agree
busy         busy times and their cache
reconcile    settles what is unknown at Google, and background rounds
changes      what hosts change in Google, taken in
channels     Google's push channels
links        signed links and nonces
deletion     erasing a host or a guest
errors       why nothing was booked or changed
"""
