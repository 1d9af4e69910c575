"""The region's receiver, a program of its own."""
