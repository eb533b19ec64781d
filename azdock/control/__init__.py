"""One process for each container that keeps its exec connection for later azdock processes, as ssh's ControlMaster."""
