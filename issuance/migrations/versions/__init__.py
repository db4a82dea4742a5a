"""Revisions of the schema, one a file."""
