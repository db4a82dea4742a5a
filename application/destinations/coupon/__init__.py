"""Coupons: admitted members go to the job queue, and workers issue their coupons."""
