# Why docker would refuse to start a command, found before anything is run: it says so with an exit code of its own,
# and no message of a shell may mix with the output.
az_refuse() { # the words for env and the command; in a subshell. Prints a mark's word, or nothing
  shift "${az_before:-0}"
  case $1 in
    */*)
      if [ ! -e "$1" ]; then echo missing
      elif ! az_runs "$1"; then echo invoke; fi
      return ;;
  esac
  set -f; IFS=:
  for folder in $PATH; do if az_runs "${folder:-.}/$1"; then return; fi; done
  echo missing
}
az_runs() { [ -f "$1" ] && [ -x "$1" ]; }
az_enter() { cd "$1" || { mkdir -p "$1" && cd "$1"; }; } 2>/dev/null
