"""HTML pages, by Jinja2 and htmx. All of them work without JavaScript."""
