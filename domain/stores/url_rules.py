"""What is wrong with a store's URL, in sentences that show no part of it: one may be a password."""

UNREADABLE_URL = (
    "can't be read; in a user's name or password write / ? # @ : [ ] % as "
    "%2F %3F %23 %40 %3A %5B %5D %25"
)
