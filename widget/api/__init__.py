"""For programs.

v1             JSON: event types, slots, bookings
me             JSON: a host's own programs, by token
calls          what a program can have done, however it asks, and what it is told
mcp            the Model Context Protocol over HTTP
tools          what agents can do with it
schema         what they answer, as models
agents         llms.txt, and event types as Markdown
oembed         for editors that embed by address
openapi        what programs can do, as OpenAPI and as a page
webhooks       tells hosts' own programs what happened
receiver       one POST to such a program
notifications  Google's change notifications
"""
