"""Pages of sites and their rooms, for admins."""
