# azdock's exec agent: runs one command after another for a client at the other end of this terminal.
#
# It reads lines:   more BASE64           a piece of a script that does not fit on one line
#                   run N FLAGS SCRIPT    run a script that ends in azdock_exec; "-": the pieces. Flags: i stdin, d detached
#                   data N PIECES         then so many pieces of standard input, each handed over by ^D
#                   end                   no more input, or the command has ended
#                   drop                  give up on output that a program left in the background still holds open
#                   ping N                answered by "p N"
# It prints frames, RS kind N payload US: h hello, o and e output in base64 (empty: closed), a input taken,
#                   x exit code, f why the command cannot be invoked, p pong.
azdock_dir=
for azdock_x in /dev/shm /tmp; do
  azdock_dir=$azdock_x/.azdock-$azdock_token
  mkdir -m 700 "$azdock_dir" && mkfifo "$azdock_dir/o" "$azdock_dir/e" "$azdock_dir/i" "$azdock_dir/lock" && break
  azdock_dir=
done
[ -n "$azdock_dir" ] || { printf '\036h 0 folder\037' >&9; exit 1; }
command -v dd >/dev/null || { printf '\036h 0 dd\037' >&9; exit 1; }
# A session of its own keeps a program away from this terminal, as it would be in docker.
azdock_apart=
command -v setsid >/dev/null && azdock_apart=setsid
# Whoever has taken the one line out of this fifo may print; the two streams never mix within a frame.
exec 7<>"$azdock_dir/lock"
echo >&7

azdock_quit() {
  trap '' HUP TERM
  if read -r azdock_pid <"$azdock_dir/pid"; then
    kill -HUP -- "-$azdock_pid" || kill -HUP "$azdock_pid"
  fi
  # Moved first: a command that ends just now must not make a file in it while it is being removed.
  mv "$azdock_dir" "$azdock_dir-" && rm -rf "$azdock_dir-"
  exit 1
}
trap azdock_quit HUP TERM

azdock_send() {
  read -r azdock_turn <&7
  printf '\036%s\037' "$1" >&9
  echo >&7
}

azdock_encode() {
  exec 8>&-
  while azdock_piece=$(dd bs=65536 count=1 | base64) && [ -n "$azdock_piece" ]; do
    azdock_send "$1 $2 $azdock_piece"
  done
  azdock_send "$1 $2 "
}

# What the command's own shell knows: $1 is the folder, $2 the number, $3 the flags, $4 the script.
azdock_inner='
azdock_number=$2 azdock_flags=$3 azdock_env= azdock_as=
# bash counts itself, whatever is unset
if [ -n "$BASH_VERSION" ]; then azdock_env="env -u SHLVL -u _"; fi
case $3 in *d*) ;; *) echo $$ >"$1/pid" ;; esac
azdock_fail() { printf "\036f %s %s\037" "$azdock_number" "$*" >&9; exit 1; }
azdock_check() {
  case $1 in
    */*) if [ ! -e "$1" ]; then azdock_fail absent; fi
      if [ -d "$1" ]; then azdock_fail directory; fi
      if [ ! -x "$1" ]; then azdock_fail denied; fi ;;
    *) azdock_found= IFS=:
      set -f
      for azdock_place in ${2-$PATH}; do
        if [ -f "${azdock_place:-.}/$1" ] && [ -x "${azdock_place:-.}/$1" ]; then azdock_found=1; fi
      done
      if [ -z "$azdock_found" ]; then azdock_fail missing; fi
      unset IFS ;;
  esac
  case $azdock_flags in *d*) printf "\036x %s 0\037" "$azdock_number" >&9 ;; esac
}
azdock_exec() { azdock_check "$1"; exec $azdock_as $azdock_env "$@" 9>&-; }
# USER[:GROUP], names or numbers: as in docker the home, and a group that is not given, are those of the passwd file.
azdock_user() {
  if [ "$(id -u)" != 0 ]; then azdock_fail notroot; fi
  azdock_uid= azdock_gid= HOME=/
  while IFS=: read -r azdock_name azdock_x azdock_u azdock_g azdock_x azdock_home azdock_x; do
    if [ "${1%%:*}" = "$azdock_name" ] || [ "${1%%:*}" = "$azdock_u" ]; then
      azdock_uid=$azdock_u azdock_gid=$azdock_g HOME=$azdock_home; break
    fi
  done </etc/passwd
  case ${1%%:*} in *[!0-9]*) if [ -z "$azdock_uid" ]; then azdock_fail nouser; fi ;; *) azdock_uid=${1%%:*} ;; esac
  case $1 in *:*)
    azdock_gid=
    while IFS=: read -r azdock_name azdock_x azdock_g azdock_x; do
      if [ "${1#*:}" = "$azdock_name" ]; then azdock_gid=$azdock_g; fi
    done </etc/group
    case ${1#*:} in *[!0-9]*) if [ -z "$azdock_gid" ]; then azdock_fail nogroup; fi ;; *) azdock_gid=${1#*:} ;; esac ;;
  esac
  export HOME
  if command -v setuidgid >/dev/null; then
    azdock_as="setuidgid $azdock_uid:${azdock_gid:-0}"
  elif setpriv --reuid=0 true; then
    azdock_as="setpriv --reuid=$azdock_uid --regid=${azdock_gid:-0} --clear-groups"
  elif command -v nsenter >/dev/null; then
    azdock_as="nsenter -S $azdock_uid -G ${azdock_gid:-0}"
  else
    azdock_fail nosetuid
  fi
}
eval "$4"'

azdock_detached() {
  exec $azdock_apart sh -c "$azdock_inner" azdock "$azdock_dir" "$@" </dev/null >/dev/null 7<&-
}

azdock_attached() {
  case $2 in *i*) exec 5<"$azdock_dir/i" 8>&- ;; *) exec 5</dev/null ;; esac
  $azdock_apart sh -c "$azdock_inner" azdock "$azdock_dir" "$@" <&5 >"$azdock_dir/o" 2>"$azdock_dir/e" 5<&- 7<&-
  azdock_x=$?
  : >"$azdock_dir/pid"
  azdock_send "x $1 $azdock_x"
  # Input that the program left unread is read here, so that the terminal is never stuck with it.
  case $2 in *i*) exec cat <&5 >/dev/null ;; esac
}

azdock_run() {
  # Those of the command before may still have the pipes open.
  ${azdock_jobs:+wait $azdock_jobs}
  # A shell remembers every job until it has told of its end.
  jobs >/dev/null
  # For reading, too: so the opening waits for nobody, and no input is lost before the command has opened the pipe.
  case $2 in *i*) exec 8<>"$azdock_dir/i" ;; esac
  # Without job control a shell makes what it starts in the background deaf to INT and QUIT; with it, each has a group.
  set -m
  case $2 in
    *d*) azdock_detached "$@" & ;;
    *)
      azdock_encode o "$1" <"$azdock_dir/o" & azdock_out=$!
      azdock_encode e "$1" <"$azdock_dir/e" & azdock_err=$!
      azdock_attached "$@" & azdock_jobs="$azdock_out $azdock_err $!"
      ;;
  esac
  set +m
}

azdock_script= azdock_jobs=
azdock_send "h 0 ready"
while read -r azdock_verb azdock_n azdock_flags azdock_text; do
  case $azdock_verb in
    more) azdock_script=$azdock_script$azdock_n ;;
    run)
      if [ "$azdock_text" = - ]; then
        printf %s "$azdock_script" | base64 -d >"$azdock_dir/script"
        azdock_script= azdock_text='. "$1/script"'
      fi
      azdock_run "$azdock_n" "$azdock_flags" "$azdock_text"
      ;;
    # bs and count make dd take so many pieces and not a byte more: a terminal gives one at a time
    data) dd bs=4096 count="$azdock_flags" >&8; azdock_send "a $azdock_n $azdock_flags" ;;
    end) exec 8>&- ;;
    drop)
      kill -- "-$azdock_out" "-$azdock_err"
      rm -f "$azdock_dir/o" "$azdock_dir/e" && mkfifo "$azdock_dir/o" "$azdock_dir/e"
      ;;
    ping) azdock_send "p $azdock_n " ;;
  esac
done
azdock_quit
