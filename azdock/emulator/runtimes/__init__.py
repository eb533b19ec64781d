"""How an emulated container really runs."""
