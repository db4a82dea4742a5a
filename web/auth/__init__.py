"""Authentication: member tokens, sessions of members and admins, passwords."""
