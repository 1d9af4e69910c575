"""What is told to the publisher, and what the region may order: medicine, configuration, time."""
