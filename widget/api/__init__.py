"""For programs.

v1             JSON: event types, slots, bookings
schema         what they answer, as models
notifications  Google's change notifications
"""
