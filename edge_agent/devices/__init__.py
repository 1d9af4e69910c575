"""The devices that are driven: their links, how they come and go, who is on the air."""
