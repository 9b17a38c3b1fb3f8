"""A stand-in for the server: the protocol and its failures over real sockets, without rules."""
