"""Pages for members: coupons, the ticket page, signing in."""
