"""What each device sends, as data: `devices/*.toml`, the format's types, where specs are found."""
