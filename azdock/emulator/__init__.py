"""The embedded Azure: the far side of the socket."""
