"""Guards look at every frame of a device and speak in its commit; and what one may use."""
