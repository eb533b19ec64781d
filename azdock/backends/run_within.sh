# The session of a container's command: runs the words as process 1 of a docker container would run, here, on whatever
# this shell's input and output are. Says first whether it may; notes the command's process and code in a folder.
az_room=$az_folder/session
az_tell() { printf '\036azdock %s\037' "$1"; }
az_end() { echo "$1${2:+ $2}" >"$az_room/.code" && mv "$az_room/.code" "$az_room/code"; }
mkdir "$az_room" 2>/dev/null || { az_tell taken; exit 125; }
az_why=
[ -z "$az_workdir" ] || az_enter "$az_workdir" || az_why=workdir
[ "$az_why" ] || az_why=$(az_refuse "$@")
if [ "$az_why" ]; then
  if [ "$az_why" = missing ]; then az_code=127; else az_code=126; fi
  az_end $az_code "$az_why"
fi
echo $$ >"$az_room/.script" && mv "$az_room/.script" "$az_room/script"
if [ "$az_why" ]; then az_tell "$az_why"; exit $az_code; fi
az_tell ready
if command -v env >/dev/null; then set -- env -u _ -u PWD -u OLDPWD -u SHLVL -- "$@"
else unset PWD OLDPWD SHLVL; shift "${az_before:-0}"; fi
# Ctrl-C is for the command; a shell's remark on how it died is for nobody. HUP ends both.
trap : 2 3
exec 6>&2 2>/dev/null
/bin/sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0"; exec "$@"' "$az_room/pid" "$@" 2>&6 6>&-
az_code=$?
az_end $az_code
exit $az_code
