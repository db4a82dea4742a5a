"""A complete environment for each process."""

LONG = "a-secret-that-is-long-enough-for-us"
OTHER = "another-secret-that-is-long-enough!"
environ = {
    "DATABASE_URL": "postgresql://waitroom:hush@db/waitroom",
    "REDIS_URL": "redis://:hush@redis:6379/0",
    "MEMBER_TOKEN_SECRETS": LONG,
    "TICKET_SECRETS": "the-secret-of-tickets-is-long-enough",
    "ADMIN_TOKEN": "the-token-of-admins-is-long-enough",
}
