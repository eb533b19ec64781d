"""Images and programs that answer as a Functions host would: what function apps are tested with."""
