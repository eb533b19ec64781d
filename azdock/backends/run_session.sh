# Waits for the session of the command, which run_within.sh is, and for its end. Sets az_code and az_why.
az_pause() { sleep "$1" </dev/null >/dev/null 2>&1 & wait $!; } # a signal ends it
az_serve() {
  az_room=$az_folder/session az_code=143
  printf '%s\n' "$az_session" >"$az_folder/.session.sh" && mv "$az_folder/.session.sh" "$az_folder/session.sh" ||
    { az_code=126 az_why=workdir; return; }
  az_left=$((az_patience * 5))
  while [ ! -e "$az_room/script" ]; do
    # whoever makes the folder decides: there is a session or the end
    if [ "$az_asked" ] && mkdir "$az_room" 2>/dev/null; then return; fi
    if [ $az_left -le 0 ] && mkdir "$az_room" 2>/dev/null; then az_code=130; return; fi
    az_left=$((az_left - 1))
    az_pause 0.2
  done
  read -r az_script <"$az_room/script"
  az_left=20
  while [ ! -e "$az_room/code" ] && kill -0 "$az_script" 2>/dev/null; do
    if [ -z "$az_child" ] && [ -e "$az_room/pid" ]; then
      read -r az_child <"$az_room/pid"
      for az_n in $az_early; do az_signal "$az_n"; done
    fi
    # soon at first, as a short session is waited for
    if [ $az_left -gt 0 ]; then az_left=$((az_left - 1)); az_pause 0.1; else az_pause 0.5; fi
  done
  # a session that says nothing has lost its terminal
  az_code=129
  [ ! -e "$az_room/code" ] || read -r az_code az_why <"$az_room/code"
  # What it has printed may still be on its way, through an agent of azdock's or without.
  az_pause 0.5
  az_left=50
  while [ $az_left -gt 0 ] && [ -z "$az_asked" ] && az_agents; do az_left=$((az_left - 1)); az_pause 0.2; done
}
az_agents() { for az_n in /dev/shm/.azdock-*/lock /tmp/.azdock-*/lock; do if [ -e "$az_n" ]; then return; fi; done; false; }
