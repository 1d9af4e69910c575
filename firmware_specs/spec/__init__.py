"""The spec format: its types, and how text becomes a checked `Spec`. Pure: no files, no clock."""
