"""The rules: what is always true of coupons, whoever asks and wherever they are kept."""
