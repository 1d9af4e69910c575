"""What happens to a frame between a driver and the store: whose it is, and what was missed."""
