"""Devices: the wires that reach them, and the pure codecs that turn their octets into values."""
