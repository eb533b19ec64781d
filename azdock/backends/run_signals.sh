# Passes signals on to the command, those that come before it was started (az_child) as soon as it was.
# Looked at twice, as shells block every signal for a moment when they start a program.
az_signal() { # number; in a subshell, as in busybox another trap may come between a test and its result
  [ "$1" != 15 ] || az_asked=1 # whoever wants the container to end does not want it to stay readable
  if [ -z "$az_child" ]; then az_early="$az_early $1"; return; fi
  (az_wants "$1" && { sleep 0.02; az_wants "$1"; } && kill -"$1" "$az_child") 2>/dev/null
}
az_trap() { # all but KILL, STOP, CHLD, those that tell of a fault, and those for real time
  for az_n in 1 2 3 5 6 10 12 13 14 15 16 18 20 21 22 23 24 25 26 27 28 29 30 31; do trap "az_signal $az_n" $az_n; done
}
