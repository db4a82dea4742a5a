"""The direct ways to issue: one member a transaction, each with another lock. All are exact."""
