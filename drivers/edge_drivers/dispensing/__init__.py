"""Dispensing, pure: what an order's next step is, and what a dispenser's registers say.

No clock, no loop, no log, no I/O: `edge_drivers.procedures.dispense` gives it eyes and hands.
"""
