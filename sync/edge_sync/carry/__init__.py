"""Rows on a stick, where there is no network: sealed at the gateway, read at the region."""
