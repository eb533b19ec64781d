"""azdock: docker's command line with Azure as the engine."""

__version__ = "0.1.0"
