"""The history of rooms: what is known of a sale after its line is gone."""
