"""Passes: signed proofs of a visit that anybody can verify. No I/O: keys, claims, signatures."""
