"""Azure's words: how Azure is called. Nothing here knows Docker."""
