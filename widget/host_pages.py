"""Every page of the host's side, on the one blueprint."""

from widget import account as account
from widget import host_bookings as host_bookings
from widget import preview as preview
from widget import settings_page as settings_page
from widget import stale_form as stale_form
from widget.host import blueprint as blueprint
