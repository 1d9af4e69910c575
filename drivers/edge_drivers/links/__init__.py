"""The wires, each an `edge_agent.model.seams.Link`: octets in and out, nothing decoded.

A wire's library is imported only by its own module, so a gateway pays only for the wires it has.
Every link of this package keeps these promises beside those of the seam: `receive` may be
cancelled without losing a capture, and after `close` it returns what is left, then raises
`LinkLostError`.
"""
