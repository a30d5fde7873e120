"""The demo: a stand-in Google, a website that embeds the widget, and what starts them all."""
