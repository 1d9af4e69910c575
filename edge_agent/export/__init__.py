"""Recordings and pages written out in other people's forms; each writer loads its own library."""
