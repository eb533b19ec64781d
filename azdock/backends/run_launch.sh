# Starts the command. One shell becomes it, when it has told its process id (descriptor 5); another one waits for it,
# tells the exit code there and prints stderr's end mark (descriptor 4), so nothing gets between them.
# What the shells put into the environment goes. A shell's background processes ignore INT and QUIT, the command must
# not: setsid twice is in the foreground but leaves a process behind, else env can help.
az_become='exec <"$0" 2>&4 4>&-; echo $$ >&5; exec "$@" 5>&- 6>&-'
az_await='"$@"; az_code=$?; echo $az_code >&5; echo "$0 $az_code" >&4'
az_launch() {
  az_apart=
  if [ $$ = 1 ] && [ "$az_pipe" ] && command -v setsid >/dev/null; then az_apart=1
  elif env --default-signal=INT,QUIT true 2>/dev/null; then az_default=--default-signal=INT,QUIT; fi
  if command -v env >/dev/null; then set -- env $az_default -u _ -u PWD -u OLDPWD -u SHLVL -- "$@"
  else unset PWD OLDPWD SHLVL; shift "${az_before:-0}"; fi
  if [ -z "$az_pipe" ]; then
    "$@" <"$az_in" &
    az_child=$! az_job=$!
    return
  fi
  az_mark_stderr
  exec 5<>"$az_pipe.ctl"
  set -- /bin/sh -c "$az_await" "$az_end" /bin/sh -c "$az_become" "$az_in" "$@"
  if [ "$az_apart" ]; then (exec setsid setsid "$@" 4>"$az_pipe.err" 2>/dev/null) # a signal breaks an open
  else "$@" 4>"$az_pipe.err" 2>/dev/null & fi
  az_child=$(read -r az_n <&5; echo "$az_n") # a signal breaks a read
  rm -f "$az_pipe".*
}
