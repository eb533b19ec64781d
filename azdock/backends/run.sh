# azdock's run shim: runs the words behind "--" as process 1 of a docker container would run, and marks the output.
# Options: --mark, --prefix  what a mark and a line of stderr begin with
#          --linger          seconds after the start for which the log stays readable
#          --refused         the same for a command that could not be run
#          --workdir         made if missing, and entered
#          --init            forward every signal; else, as docker's process 1, only those that the command handles
#          --stdin, --data   carried (base64 in --data), attached (a named pipe, until its writers end), held (never ends)
#          --before          how many words before the command are for env
#          --again           how often the command may run again, as run_again.sh has it
#          --session         the script of the session that the command runs in, waited for --patience seconds
# The functions are in run_*.sh. Names begin with az_, as a shell passes on a new value of a variable that it was given.
while [ "$1" != -- ]; do eval "az_${1#--}=\$2"; shift 2; done; shift
unset IFS # busybox takes it from the environment
read -r az_start az_rest </proc/uptime
az_token=${CONTAINER_APP_REPLICA_NAME:-${CONTAINER_APP_JOB_EXECUTION_NAME:--}}
az_say() { printf '%sazdock %s %s\n' "$az_mark" "$az_token" "$*"; }
[ -z "$az_again" ] || az_known

az_in=/dev/null az_code=126 az_why=
if [ -z "$az_session" ]; then
  [ -z "$az_workdir" ] || az_enter "$az_workdir" || az_why=workdir
  [ "$az_why" ] || az_why=$(az_refuse "$@")
  [ "$az_why" ] || az_pipes || az_plain=' plain'
  [ "$az_why" ] || [ -z "$az_stdin" ] || az_input || az_why=stdin
fi
[ -z "$az_again" ] || az_note run || az_stay=1 # where nothing can be noted, there must be no end

if [ "$az_session" ]; then
  az_trap
  az_say begin out
  az_say "begin err plain" >&2
  az_serve
  az_say "end err $az_code${az_why:+ $az_why}" >&2
elif [ "$az_why" ]; then
  az_linger=$az_refused # nothing was run: whoever started it can still learn why
  [ "$az_why" != missing ] || az_code=127
  trap 'exit $az_code' 1 2 3 15 # whoever reads why may be quick to stop it
  [ -z "$az_pipe" ] || rm -f "$az_pipe".*
  az_say "end err $az_code $az_why" >&2
else
  az_trap
  az_say begin out
  az_say "begin err$az_plain" >&2
  az_launch "$@" # sets az_child, the command's process, and az_job, what ends with it
  for az_n in $az_early; do az_signal "$az_n"; done
  while wait $az_job; az_code=$?; kill -0 $az_job 2>/dev/null; do :; done # a signal ends a wait early
  if [ "$az_pipe" ]; then echo 137 >&5; read -r az_code <&5; else az_say "end err $az_code" >&2; fi
fi
[ -z "$az_again" ] || az_note "$az_code $az_why"
if [ $$ = 1 ]; then kill -9 -1; elif [ "$az_feeder" ]; then kill $az_feeder; fi 2>/dev/null
[ -z "$az_place" ] || rm -f "$az_place"
az_say "end out $az_code${az_why:+ $az_why}"
[ -z "$az_stay" ] || az_rest "$az_code"

read -r az_now az_rest </proc/uptime
az_left=$((${az_linger:-0} - ${az_now%.*} + ${az_start%.*}))
if [ $az_left -gt 0 ] && [ -z "$az_asked" ]; then
  sleep $az_left & trap 'kill $! 2>/dev/null; exit $az_code' 1 2 3 15; wait $!
fi
exit "$az_code"
