"""Devices a technician can start with one command, each on its real wire, with a journal."""
