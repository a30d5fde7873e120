"""Meetslot: free slots from Google Calendar, bookings back into it."""
