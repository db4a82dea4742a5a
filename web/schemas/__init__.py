"""Schemas: the JSON that goes in and out, as /openapi.json describes it."""
