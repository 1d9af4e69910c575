"""Durable, then sent, then in the region's record: buffer, wire form, publisher, region."""
