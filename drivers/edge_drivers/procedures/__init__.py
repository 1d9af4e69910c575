"""What is done with a device beside listening: its stored records, its clock, starting and stopping.

Each procedure steps the session that it is given, so live data keep flowing while it waits.
"""
