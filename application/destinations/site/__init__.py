"""Sites: admitted members are called, and come to somebody's own site by themselves."""
