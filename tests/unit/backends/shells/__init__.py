"""The run shim under the shells that images have."""
