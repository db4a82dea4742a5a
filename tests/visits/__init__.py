"""A crowd of visitors in front of a site, and the judge of their visits."""
