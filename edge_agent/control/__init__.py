"""How commands speak to the running agent: what may be asked, what is answered, and the socket."""
