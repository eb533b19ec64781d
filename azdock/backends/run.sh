# azdock's run shim. It runs the words behind "--" as process 1 of a docker container would run, and marks the output.
# Options: --mark, --prefix  what a mark and a line of stderr begin with
#          --linger          seconds after the start for which the log stays readable
#          --workdir         made if missing, and entered
#          --init            forward every signal; else, as docker's process 1, only those that the command handles
#          --stdin, --data   carried (base64 in --data), attached (a named pipe, until its writers end), held (never ends)
#          --before          how many words before the command are for env
while [ "$1" != -- ]; do eval "azdock_${1#--}=\$2"; shift 2; done; shift
read -r azdock_start azdock_rest </proc/uptime
azdock_token=${CONTAINER_APP_REPLICA_NAME:-${CONTAINER_APP_JOB_EXECUTION_NAME:--}}
azdock_say() { printf '%sazdock %s %s\n' "$azdock_mark" "$azdock_token" "$*"; }

azdock_signal() { # number; in a subshell, as in busybox sh another trap may come between a test and its result
  azdock_hit=1
  if [ "$azdock_child" ]; then (azdock_wants "$1" && kill -"$1" "$azdock_child") 2>/dev/null || :
  else azdock_early="$azdock_early $1"; fi
}
azdock_wants() { # whether the command handles a signal, is in sigwait (rt_sigtimedwait of amd64, arm64), or blocks it
  [ -z "$azdock_init" ] && [ -r "/proc/$azdock_child/status" ] || return 0
  read -r azdock_key azdock_bits <"/proc/$azdock_child/syscall"; case $azdock_key in 128 | 137) return 0 ;; esac
  azdock_has SigCgt: "$1" && return 0
  # shells block every signal for a moment when they start a program
  azdock_has SigBlk: "$1" && { sleep 0.02; azdock_has SigBlk: "$1"; }
}
azdock_has() { # name of a set of signals, number
  while read -r azdock_key azdock_bits; do [ "$azdock_key" = "$1" ] && break; done <"/proc/$azdock_child/status"
  [ "$2" -gt 32 ] && azdock_bits=${azdock_bits%????????} || azdock_bits=${azdock_bits#????????}
  [ $((0x${azdock_bits:-0} >> ($2 - 1) % 32 & 1)) = 1 ]
}
azdock_n=0
while [ $((azdock_n += 1)) -le 64 ]; do
  case $azdock_n in 4 | 7 | 8 | 9 | 11 | 17 | 19 | 32 | 33) ;; *) trap "azdock_signal $azdock_n" $azdock_n ;; esac
done

azdock_find() { # program; says why it cannot be invoked, as docker does
  case $1 in
    */*) [ -e "$1" ] || azdock_why=missing; [ -f "$1" ] && [ -x "$1" ] || azdock_why=${azdock_why:-invoke}; return ;;
  esac
  IFS=:; set -f; azdock_why=missing
  for azdock_n in $PATH; do [ -f "${azdock_n:-.}/$1" ] && [ -x "${azdock_n:-.}/$1" ] && azdock_why= && break; done
  unset IFS; set +f
}
if [ "$azdock_workdir" ]; then
  { { [ -d "$azdock_workdir" ] || mkdir -p "$azdock_workdir"; } && cd "$azdock_workdir"; } 2>/dev/null || azdock_why=workdir
fi
[ "$azdock_why" ] || eval "azdock_find \"\${$((azdock_before + 1))}\""

# The command's stderr goes through a pipe; another one carries its process id and its exit code, a third its stdin.
[ -z "$azdock_why" ] && command -v sed >/dev/null && for azdock_dir in /dev/shm /tmp; do
  azdock_pipe=$azdock_dir/.azdock-$$
  mkfifo "$azdock_pipe.err" "$azdock_pipe.ctl" "$azdock_pipe.in" "$azdock_pipe.nul" 2>/dev/null && break
  azdock_pipe=
done

[ "$azdock_pipe$azdock_why" ] || azdock_plain=' plain'
azdock_say begin out
azdock_say "begin err$azdock_plain" >&2
if [ -z "$azdock_pipe$azdock_why" ] && [ "${azdock_stdin:-none}" != none ]; then
  azdock_why=invoke; echo 'azdock: there is no pipe for the input' >&2
fi
case $azdock_why in missing) azdock_code=127 ;; ?*) azdock_code=126 ;; esac

azdock_stdin_pipe=$azdock_dir/.azdock-stdin; [ $$ = 1 ] || azdock_stdin_pipe=$azdock_stdin_pipe-$$
azdock_in=/dev/null azdock_feeder=
case $azdock_why$azdock_stdin in
  carried) azdock_in=$azdock_pipe.in; { printf %s "$azdock_data" | base64 -d; } >"$azdock_in" & azdock_feeder=$! ;;
  attached) azdock_in=$azdock_pipe.in; rm -f "$azdock_stdin_pipe"; mkfifo "$azdock_stdin_pipe"
    cat >"$azdock_in" <"$azdock_stdin_pipe" & azdock_feeder=$! ;;
  held) azdock_in=$azdock_stdin_pipe; rm -f "$azdock_in"; mkfifo "$azdock_in"; exec 6<>"$azdock_in" ;;
esac
# What shells put into the environment goes. A background process ignores INT and QUIT unless env helps, hence setsid:
# it leaves a process behind that is none.
if [ $$ = 1 ] && [ "$azdock_pipe" ] && command -v setsid >/dev/null; then azdock_fork='setsid setsid'
elif env --default-signal=INT,QUIT true 2>/dev/null; then azdock_default=--default-signal=INT,QUIT; fi
if command -v env >/dev/null; then set -- env $azdock_default -u _ -u PWD -u OLDPWD -u SHLVL -- "$@"
else unset PWD OLDPWD SHLVL; shift "${azdock_before:-0}"; fi

if [ "$azdock_why" ]; then
  azdock_say "end err $azdock_code $azdock_why" >&2
elif [ -z "$azdock_pipe" ]; then
  "$@" <"$azdock_in" & azdock_child=$!
  for azdock_n in $azdock_early; do azdock_signal "$azdock_n"; done
  while azdock_hit=; wait $azdock_child; azdock_code=$?; [ "$azdock_hit" ] && kill -0 $azdock_child; do :; done 2>/dev/null
  # a signal came when it ended: dash may have told its code already, bash has not
  if [ "$azdock_hit" ]; then wait $azdock_child; azdock_n=$?; [ $azdock_n = 127 ] || azdock_code=$azdock_n; fi 2>/dev/null
  azdock_say "end err $azdock_code" >&2
else
  azdock_end="${azdock_mark}azdock $azdock_token end err"
  if LC_ALL=C sed -u q </dev/null 2>/dev/null || ! command -v awk >/dev/null || ! command -v tr >/dev/null; then
    LC_ALL=C sed -n -e "/^$azdock_end /!s/^/$azdock_prefix/" -e 'w /dev/stderr' -e "/$azdock_end /q" <"$azdock_pipe.err" &
  else # busybox: sed keeps lines back, awk does not and knows no NUL
    azdock_awk='{ i = index($0, e); print (i == 1 ? "" : p) $0; fflush(); if (i) exit }'
    tr '\000' '\377' >"$azdock_pipe.nul" <"$azdock_pipe.err" 2>/dev/null & # a job of its own: a background process may keep it
    awk -v p="$azdock_prefix" -v e="$azdock_end" "$azdock_awk" <"$azdock_pipe.nul" | tr '\377' '\000' >&2 &
  fi
  azdock_filter=$!
  exec 3>&1 5<>"$azdock_pipe.ctl"
  azdock_run='/bin/sh -c "exec <\"\$0\"; echo \$\$ >&5; exec \"\$@\" >&3 2>&4 3>&- 4>&- 5>&- 6>&-" "$@"; azdock_code=$?
    echo $azdock_code >&5; echo "$0 $azdock_code" >&4'
  set -- /bin/sh -c "$azdock_run" "$azdock_end" "$azdock_in" "$@"
  if [ "$azdock_fork" ]; then (exec $azdock_fork "$@" 4>"$azdock_pipe.err" >/dev/null 2>&1) # a signal may break an open
  else "$@" 4>"$azdock_pipe.err" >/dev/null 2>&1 & fi
  azdock_child=$(read -r azdock_n <&5; echo "$azdock_n") # a signal would break a read
  rm -f "$azdock_pipe".*
  for azdock_n in $azdock_early; do azdock_signal "$azdock_n"; done
  while kill -0 $azdock_filter 2>/dev/null; do wait $azdock_filter; done
  echo 137 >&5; read -r azdock_code <&5 # what comes first is the command's own
fi
if [ $$ = 1 ]; then kill -9 -1; elif [ "$azdock_feeder" ]; then kill $azdock_feeder; fi 2>/dev/null
case $azdock_why$azdock_stdin in attached | held) rm -f "$azdock_stdin_pipe" ;; esac
azdock_say "end out $azdock_code${azdock_why:+ $azdock_why}"
read -r azdock_now azdock_rest </proc/uptime
azdock_left=$((${azdock_linger:-0} - ${azdock_now%.*} + ${azdock_start%.*}))
if [ $azdock_left -gt 0 ]; then
  sleep $azdock_left & trap 'kill $! 2>/dev/null; exit $azdock_code' 1 2 3 15; wait $!
fi
exit "$azdock_code"
