"""Compare: sends the same crowd through each way to issue, and reports the differences."""
