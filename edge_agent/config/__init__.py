"""The agent's configuration: one read-only TOML file, checked whole before anything starts."""
