"""Pages for people: Jinja2 and htmx; everything works without JavaScript."""
