"""Members' pages: coupons, the ticket page, signing in."""
