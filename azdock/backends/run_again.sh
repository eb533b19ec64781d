# Azure runs the container of an app again whatever its code. Here is noted what has run ("run", then its code and why
# it could not be invoked), in a folder that outlives the container, and the command is not run more often than --again
# says: -1 is until it succeeds.
az_folder=${AZDOCK_FOLDER:-/.azdock}
az_note() { echo "$*" >>"$az_folder/ends"; } 2>/dev/null
az_known() {
  [ -r "$az_folder/ends" ] || return
  az_runs=0 az_code=0 az_why=
  while read -r az_n az_rest; do
    # whatever ended without a word was killed
    if [ "$az_n" = run ]; then az_runs=$((az_runs + 1)) az_code=137 az_why=; else az_code=$az_n az_why=$az_rest; fi
  done <"$az_folder/ends"
  if [ $az_runs = 0 ]; then return; fi
  if [ $az_code != 0 ] && { [ "$az_again" = -1 ] || [ $az_runs -le "$az_again" ]; }; then return; fi
  # once more, as the log of this container begins here
  az_say "end err $az_code${az_why:+ $az_why}" >&2
  az_say "end out $az_code${az_why:+ $az_why}"
  az_rest $az_code
}
