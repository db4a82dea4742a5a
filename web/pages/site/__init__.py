"""Visitors' pages in front of a site: the line, the turn, the visit and its end."""
