"""The region's commands, one module each: `run(arguments) -> int`."""
