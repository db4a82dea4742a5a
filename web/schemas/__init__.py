"""Schemas: the JSON of requests and answers, as /openapi.json describes it."""
