"""Old names of tests/people.py, until all tests use the new ones."""

from tests.people import *  # noqa: F403
from tests.people import NINE

START = NINE
