"""The cold chain: rules as data, and a pure engine that says when they are broken."""
