"""Tables for spreadsheets: CSV (RFC 4180, UTF-8)."""
