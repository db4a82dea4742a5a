"""Commands that change what is planned for a room."""
