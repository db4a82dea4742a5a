"""Visits: the time that called members spend inside a site."""
