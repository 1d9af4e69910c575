"""Pure codecs: octets and a spec in, values out. No clock, no loop, no log, no I/O."""
