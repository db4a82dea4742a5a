"""ASGI middleware: code that runs before and after every route."""
