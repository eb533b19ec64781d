# Marks stderr: a named pipe takes it to a filter that begins each line with the prefix and ends behind the end mark.
# GNU sed prints each line at once. Busybox sed keeps lines back; its awk does not, but knows no NUL, which is made byte
# 255 for it. Fails, and stderr stays plain, where there is no such filter or no place for a pipe.
az_pipes() {
  if LC_ALL=C sed -u q; then az_filter=sed
  elif command -v awk && command -v tr; then az_filter=awk
  else return 1; fi
  for az_dir in /dev/shm /tmp; do
    az_pipe=$az_dir/.azdock-$$
    mkfifo "$az_pipe.err" "$az_pipe.nul" "$az_pipe.ctl" && return
  done
  az_pipe=
  return 1
} </dev/null >/dev/null 2>&1

az_mark_stderr() {
  az_end="${az_mark}azdock $az_token end err"
  if [ $az_filter = sed ]; then
    LC_ALL=C sed -n -e "/^$az_end /!s/^/$az_prefix/" -e 'w /dev/stderr' -e "/$az_end /q" <"$az_pipe.err" &
  else # the first tr apart, as what the command left behind may keep it
    tr '\000' '\377' >"$az_pipe.nul" <"$az_pipe.err" 2>/dev/null &
    awk -v p="$az_prefix" -v e="$az_end" '{ i = index($0, e); print (i == 1 ? "" : p) $0; fflush(); if (i) exit }' \
      <"$az_pipe.nul" | tr '\377' '\000' >&2 &
  fi
  az_job=$!
}
