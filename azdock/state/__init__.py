"""What only azdock remembers: small JSON files under ~/.azdock."""
