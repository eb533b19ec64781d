"""What dockerd would have decided."""
