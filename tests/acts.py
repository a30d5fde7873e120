"""Old names of tests/people.py, until all tests use the new ones."""

from tests.people import *  # noqa: F403
from tests.people import MARIA, bookings

MIA = MARIA["email"]
rows = bookings
