"""Text from values; nothing here writes anywhere."""
