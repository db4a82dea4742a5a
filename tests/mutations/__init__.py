"""Mutations: breaks each promise on purpose, one at a time, and checks that a test fails."""
