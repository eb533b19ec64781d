"""The sh programs that copy, run inside a container through exec. They need tar, cat, dd, mkdir, mv, rm, wc, readlink.

Temporary files live in one private folder, named after the transfer, in the first of PLACES that can be written.
"""

from __future__ import annotations

PLACES = "/tmp /var/tmp /dev/shm"
# Exit codes of the scripts; above those of tar, below those of signals.
NO_TAR, NO_PLACE, BAD_SUM = 90, 91, 92

_FUNCTIONS = rf"""
sum() {{ # FILE: its checksum, by the best program there is
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
  elif command -v md5sum >/dev/null 2>&1; then md5sum <"$1"
  else cksum <"$1"; fi
}}
find_folder() {{ # ID: sets folder, or fails
  for place in {PLACES}; do
    folder=$place/azdock-cp-$1
    [ -d "$folder" ] && return 0
  done
  return 1
}}
make_folder() {{ # ID SOURCE: sets folder, outside SOURCE; sweeps away what killed transfers left behind an hour ago
  for place in {PLACES}; do
    case $place/ in "${{2:-/dev/null}}"/*) continue ;; esac
    folder=$place/azdock-cp-$1
    mkdir -m 700 "$folder" 2>/dev/null || continue
    find "$place" -maxdepth 1 -type d -name 'azdock-cp-*' -mmin +60 -exec rm -rf {{}} + 2>/dev/null
    return 0
  done
  exit {NO_PLACE}
}}
need_tar() {{ command -v tar >/dev/null 2>&1 || exit {NO_TAR}; }}
"""

# PATH...: for each its kind, a blank, and where a link leads; a NUL after each.
STAT = r"""
for path; do
  if [ -L "$path" ]; then printf 'link %s\000' "$(readlink "$path")"
  elif [ -d "$path" ]; then printf 'folder \000'
  elif [ -f "$path" ]; then printf 'file \000'
  elif [ -b "$path" ] || [ -c "$path" ]; then printf 'device \000'
  elif [ -e "$path" ]; then printf 'other \000'
  else printf 'none \000'; fi
done
"""

# ID INDEX SHA256 MD5 CKSUM, a chunk on standard input: keeps it if its checksum is right.
_RECEIVE = rf"""
receive() {{
  find_folder "$1" || make_folder "$1"
  part=$folder/part.$$
  cat >"$part" || exit
  set -- "$2" $(sum "$part") -- "$3" "$4" "$5"
  case " $5 $6 $7 " in *" $2 "*) mv "$part" "$folder/$1" ;; *) rm "$part"; exit {BAD_SUM} ;; esac
}}
"""
# ID FOLDER COUNT OPTIONS: the chunks 0 to COUNT-1 are a tar archive, which is unpacked in FOLDER.
_UNPACK = r"""
unpack() {
  need_tar
  find_folder "$1" && cd "$2" || exit
  index=0
  while [ "$index" -lt "$3" ]; do
    cat "$folder/$index" || exit
    index=$((index + 1))
  done | tar "$4" -
}
"""
RECEIVE = _FUNCTIONS + _RECEIVE + 'receive "$@"'
UNPACK = _FUNCTIONS + _UNPACK + 'unpack "$@"'
# ID FOLDER OPTIONS SHA256 MD5 CKSUM: an archive of one chunk, received and unpacked in one go; nothing stays.
RECEIVE_AND_UNPACK = (
    _FUNCTIONS
    + _RECEIVE
    + _UNPACK
    + r"""
need_tar
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP TERM
receive "$1" 0 "$4" "$5" "$6"
unpack "$1" "$2" 1 "$3"
"""
)

# ID LIMIT FOLDER NAME: tar of NAME in FOLDER. Prints tar's code and the archive's size; then, if it has at most LIMIT
# bytes, its checksum and the archive itself; a larger one stays for FETCH.
PACK = (
    _FUNCTIONS
    + r"""
need_tar
cd "$3" || exit
find_folder "$1" && rm -rf "$folder"
make_folder "$1" "$(cd "./$4" 2>/dev/null && pwd -P)"
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP TERM
tar cf - -- "$4" >"$folder/tar"
code=$?
size=$(($(wc -c <"$folder/tar")))
if [ "$size" -gt "$2" ]; then
  trap - EXIT
  echo "$code $size -"
  exit
fi
set -- $(sum "$folder/tar")
echo "$code $size $1"
cat "$folder/tar"
"""
)

# ID INDEX SIZE: prints the checksum of one chunk of SIZE bytes, a newline, and the chunk.
FETCH = (
    _FUNCTIONS
    + r"""
find_folder "$1" || exit
part=$folder/part.$$
dd if="$folder/tar" of="$part" bs="$3" skip="$2" count=1 2>/dev/null || exit
set -- $(sum "$part")
echo "$1"
cat "$part" && rm "$part"
"""
)

# ID: takes the transfer's folder away.
REMOVE = _FUNCTIONS + 'if find_folder "$1"; then rm -rf "$folder"; fi'

# FOLDER NAME: the archive as a stream, for what has no place outside it.
STREAM = _FUNCTIONS + 'need_tar; cd "$1" && exec tar cf - -- "$2"'

# The whole file system without what is mounted into it. Without `tar -T` only mounts at the top level are left out.
EXPORT = (
    _FUNCTIONS
    + r"""
need_tar
cd / || exit
if tar --help 2>&1 | grep -q -e ' -T' -e --files-from; then
  find . -xdev ! -path . ! -path './tmp/azdock-cp-*' | sed 's,^\./\([^-]\),\1,' | tar cf - --no-recursion -T -
  exit
fi
set --
for entry in .[!.]* ..?* *; do
  [ -e "$entry" ] || [ -L "$entry" ] || continue
  case $entry in proc | sys | dev) continue ;; esac
  grep -q " /$entry " /proc/mounts || set -- "$@" "$entry"
done
exec tar cf - -- "$@"
"""
)
