"""What pages are measured against: Flask that says hello."""

from __future__ import annotations

from flask import Flask

app = Flask("hello")
app.add_url_rule("/", view_func=lambda: "hello")
