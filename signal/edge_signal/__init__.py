"""Signals as they flow: filters, beats, rates, and how far to trust them. Pure: no clock."""
