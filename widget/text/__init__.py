"""Languages and time zones, as people read them.

language  the best language for a request, dates and clocks by CLDR
zones     time zones by name, city and search
cities.json  names of cities that neither database has
"""
