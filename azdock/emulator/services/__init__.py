"""One Azure service, one file: routes, handlers, state."""
