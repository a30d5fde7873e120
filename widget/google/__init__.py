"""Google on the wire.

http    one HTTP exchange under a deadline
auth    OAuth tokens: exchange, refresh, revoke
openid  who signs in
client  Calendar v3, a method a call
event   Google's event as we read it
errors  what each answer of Google's means for us
"""
