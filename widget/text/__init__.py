"""Languages and time zones, as people read them.

language  the best language for a request, dates and clocks by CLDR
zones     time zones by name, city and search
cities    further cities that people look for
"""
