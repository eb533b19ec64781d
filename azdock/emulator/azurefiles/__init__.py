"""The data plane of Azure Files: directories and files of shares over HTTP, on real folders."""
