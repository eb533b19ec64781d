"""The plumbing around the verbs."""
