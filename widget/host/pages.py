"""Every page of the host's side, on the one blueprint."""
