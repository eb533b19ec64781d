# azdock's exec agent: runs commands, any number of them side by side, for a client at the other end of this terminal.
#
# It reads lines:   more BASE64                 a piece of a script that does not fit on one line
#                   run N FLAGS SLOT SCRIPT     run a script that ends in azdock_exec; "-": the pieces. Flags: i stdin,
#                                               d detached. A slot is used by one command at a time
#                   data N PIECES SLOT W        then so many pieces of its standard input, each handed over by ^D: window W
#                   end N - SLOT                no more input, or the command has ended
#                   drop N - SLOT               give up on output that a program left in the background still holds open
#                   hup N - SLOT                hang up on the command
#                   ping N                      answered by "p N"
# It prints frames, RS kind N payload US: h hello, o and e output in base64 (empty: closed), a input taken,
#                   x exit code, f why the command cannot be invoked, p pong.
azdock_dir=
for azdock_x in /dev/shm /tmp; do
  azdock_dir=$azdock_x/.azdock-$azdock_token
  mkdir -m 700 "$azdock_dir" && mkfifo "$azdock_dir/lock" && break
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

azdock_hup() { # the folder of a slot
  if read -r azdock_pid <"$1/pid"; then kill -HUP -- "-$azdock_pid" || kill -HUP "$azdock_pid"; fi
}

azdock_quit() {
  trap '' HUP TERM
  for azdock_x in "$azdock_dir"/s*; do azdock_hup "$azdock_x"; done
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

# A piece waits in a file: nobody may hold the turn to print while there is nothing to print. On a terminal base64 would
# write line by line, which is ten times slower.
azdock_encode() { # kind, number, folder of the slot
  while dd bs=65536 count=1 >"$3/p$1" && [ -s "$3/p$1" ]; do
    read -r azdock_turn <&7
    printf '\036%s %s ' "$1" "$2" >&9
    base64 <"$3/p$1" | cat >&9
    printf '\037' >&9
    echo >&7
  done
  azdock_send "$1 $2 "
}

# Hands windows of input over as the command takes them, so that a slow one holds nobody up.
azdock_feed() { # number, folder of the slot
  exec 6<>"$2/n$1" 8>"$2/i$1"
  while read -r azdock_w azdock_count <&6 && [ "$azdock_w" != end ]; do
    cat "$2/w$1.$azdock_w" >&8
    azdock_send "a $1 $azdock_count"
  done
  exec 8>&-
  rm -f "$2/n$1" "$2/i$1" "$2/w$1".*
}

# What the command's own shell knows: $1 is the folder of the slot, $2 the number, $3 the flags, $4 the script.
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

azdock_detached() { # the same four words, as below
  exec $azdock_apart sh -c "$azdock_inner" azdock "$@" </dev/null >/dev/null 7<&-
}

azdock_attached() {
  case $3 in *i*) exec 5<"$1/i$2" ;; *) exec 5</dev/null ;; esac
  $azdock_apart sh -c "$azdock_inner" azdock "$@" <&5 >"$1/o" 2>"$1/e" 5<&- 7<&-
  azdock_x=$?
  : >"$1/pid"
  azdock_send "x $2 $azdock_x"
}

azdock_run() { # folder of the slot, number, flags, script
  # Those of the command before may still have the pipes open.
  eval "azdock_x=\$azdock_jobs_$azdock_slot"
  ${azdock_x:+wait $azdock_x}
  [ -d "$1" ] || { mkdir "$1" && mkfifo "$1/o" "$1/e"; }
  # A shell remembers every job until it has told of its end.
  jobs >/dev/null
  case $3 in *i*) mkfifo "$1/i$2" "$1/n$2" ;; esac
  # Without job control a shell makes what it starts in the background deaf to INT and QUIT; with it, each has a group.
  set -m
  case $3 in
    *d*) azdock_detached "$@" & ;;
    *)
      azdock_encode o "$2" "$1" <"$1/o" & azdock_out=$!
      azdock_encode e "$2" "$1" <"$1/e" & echo "$azdock_out $!" >"$1/readers"
      case $3 in *i*) azdock_feed "$2" "$1" & ;; esac
      azdock_attached "$@" &
      read -r azdock_out azdock_err <"$1/readers"
      eval "azdock_jobs_$azdock_slot='$azdock_out $azdock_err $!'"
      ;;
  esac
  set +m
}

azdock_script=
azdock_send "h 0 ready"
while read -r azdock_verb azdock_n azdock_flags azdock_slot azdock_text; do
  azdock_at=$azdock_dir/s$azdock_slot
  case $azdock_verb in
    more) azdock_script=$azdock_script$azdock_n ;;
    run)
      if [ "$azdock_text" = - ]; then
        [ -d "$azdock_at" ] || { mkdir "$azdock_at" && mkfifo "$azdock_at/o" "$azdock_at/e"; }
        printf %s "$azdock_script" | base64 -d >"$azdock_at/script"
        azdock_script= azdock_text='. "$1/script"'
      fi
      azdock_run "$azdock_at" "$azdock_n" "$azdock_flags" "$azdock_text"
      ;;
    # bs and count make dd take so many pieces and not a byte more: a terminal gives one at a time
    data)
      dd bs=4096 count="$azdock_flags" >"$azdock_at/w$azdock_n.$azdock_text"
      echo "$azdock_text $azdock_flags" >"$azdock_at/n$azdock_n"
      ;;
    end) [ ! -p "$azdock_at/n$azdock_n" ] || echo end >"$azdock_at/n$azdock_n" ;;
    hup) azdock_hup "$azdock_at" ;;
    drop)
      read -r azdock_out azdock_err <"$azdock_at/readers"
      kill -- "-$azdock_out" "-$azdock_err"
      rm -f "$azdock_at/o" "$azdock_at/e" && mkfifo "$azdock_at/o" "$azdock_at/e"
      ;;
    ping) azdock_send "p $azdock_n " ;;
  esac
done
azdock_quit
