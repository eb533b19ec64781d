# Waits to be removed, with nothing left to run: ends at once, with the code $1, when somebody asks for it.
az_rest() {
  az_code=$1
  trap 'kill $! 2>/dev/null; exit $az_code' 1 2 3 15
  while :; do sleep 3600 </dev/null >/dev/null 2>&1 & wait $!; done
}
