"""Docker's words: pure values and functions, no input or output."""
