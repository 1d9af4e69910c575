"""Orders for medicine: what is in which channel, what is open, and who carries it out."""
