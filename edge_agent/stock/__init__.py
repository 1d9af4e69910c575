"""Stock: what is in a dispenser's channels, how long it will last, and what expires."""
