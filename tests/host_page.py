"""Old names of tests/people.py, until all tests use the new ones."""

from tests.conftest import on_sqlite as on_sqlite
from tests.people import *  # noqa: F403
from tests.people import booked

book = booked
