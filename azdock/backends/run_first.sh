# A signal without a handler does nothing to process 1 of a docker container, but would end the command, which is not
# process 1 here: it wants only what it handles, blocks, or waits for as tini and dumb-init do.
az_wants() { # number of a signal; in a subshell
  while read -r key bits; do
    case $key in SigCgt: | SigBlk:) if [ $((0x${bits#????????} >> ($1 - 1) & 1)) = 1 ]; then return; fi ;; esac
  done <"/proc/$az_child/status"
  read -r key <"/proc/$az_child/wchan"
  case $key in *sigtimedwait*) ;; *) return 1 ;; esac
}
