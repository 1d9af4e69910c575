"""What each device sends, as data: `devices/*.toml`, the format's types, and where specs are found."""
