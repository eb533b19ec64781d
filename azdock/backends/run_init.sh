# With --init every signal is passed on, as docker's init does.
az_wants() { :; }
