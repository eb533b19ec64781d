# Gives the command its standard input; fails where it cannot. Others write to the pipe az_place. When it is attached,
# a reader in between lets the command start before there is a writer, and end its input with the first one.
az_input() {
  [ "$az_pipe" ] || return
  az_in=$az_pipe.in
  if [ "$az_stdin" = carried ]; then
    printf %s "$az_data" | base64 -d >"$az_in" 2>/dev/null
    return
  fi
  az_place=$az_dir/.azdock-stdin
  [ $$ = 1 ] || az_place=$az_place-$$
  rm -f "$az_place"
  mkfifo "$az_place" "$az_in" || return
  if [ "$az_stdin" = held ]; then
    az_in=$az_place
    exec 6<>"$az_in"
  else
    cat >"$az_in" <"$az_place" &
    az_feeder=$!
  fi
}
