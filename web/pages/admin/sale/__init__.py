"""Pages about whole sales: what they will be like, how they go, and how they went."""
