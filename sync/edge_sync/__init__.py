"""Durable, then sent, then in the region's record: the buffer, the wire form, the publisher, the region."""
