"""For programs.

v1             JSON: event types, slots, bookings
notifications  Google's change notifications
"""
