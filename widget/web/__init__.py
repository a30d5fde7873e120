"""What every answer shares.

audience  whom a blueprint answers
service   what the application holds: its configuration and its Google
answers   pages and fragments
parts     parts of pages, made once for all who ask for the same
cache     finished answers, kept while they are true
ready     finished answers, sent before Flask looks at a request
codings   compressed answers
headers   what every response carries
errors    pages and problem documents for what went wrong
messages  what people are told when nothing was booked or changed
bodies    requests' bodies, however slowly they come
limits    how often one address may ask
counters  where limits of one machine's workers are counted
static    static files, packed and named by content
theme     accent and look
logs      JSON lines
setup     puts all of it on the application
"""
