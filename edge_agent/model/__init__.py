"""The language all parts speak: values and the Protocols of the seams. No I/O, nothing of ours below."""
