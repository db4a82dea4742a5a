"""The direct ways to issue: one member per transaction, each with another lock; all are exact."""
