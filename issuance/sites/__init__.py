"""Sites and their rooms in Postgres."""
