"""The rules that always hold for coupons, rooms and members. No I/O."""
