"""Beside listening: a device's stored records, its clock, starting and stopping it.

Each procedure steps the session that it is given, so live data keep flowing while it waits.
"""
