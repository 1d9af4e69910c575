"""The language all parts speak: values, and the Protocols of the seams. Pure."""
