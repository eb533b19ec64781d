"""The sh program behind `diff`, run inside a container through exec. It needs find, stat, sort, sed and head."""

from __future__ import annotations

# Answers "now TIME" and "uptime SECONDS", both of one moment; "ticks HUNDREDTHS", when after boot the container's first
# process began; "mount PATH" for each mount; "oldest TIME FOLDER" for each folder that changed of late and holds
# something; "TIME MTIME MODE PATH" for whatever changed of late. TIME is a ctime in stat's words, MTIME is in seconds,
# MODE hexadecimal.
# An overlay's upper layer cannot be seen from inside. But what is in it was made there after the start, and so was its
# ctime, which no program can set back. SOURCE: Linux, Documentation/filesystems/overlayfs.rst, "Non-directories".
CHANGES = r"""
export TZ=UTC0
read -r process </proc/"${AZDOCK_FIRST_PROCESS:-1}"/stat || exit
set -- ${process##*) } # the fields of proc(5) from the third on: the 22nd is the start
now=$(stat -c %z /proc/self/) # the inode of a process is as young as the first look at it
read -r uptime rest </proc/uptime
echo "now $now"
echo "uptime $uptime"
echo "ticks ${20}"
sed 's/^[^ ]* \([^ ]*\) .*/mount \1/' /proc/mounts
recent="-cmin -$(((${uptime%.*} - ${20} / 100) / 60 + 2))"
find / -maxdepth 0 $recent >/dev/null 2>&1 || recent=
export each='{}' # not to be replaced by the outer find
oldest='
oldest=$(find "$1" -mindepth 1 -maxdepth 1 -exec stat -c %z "$each" + | sort | head -n 1)
[ "$oldest" ] && echo "oldest $oldest $1"'
find / -xdev -type d $recent -exec sh -c "$oldest" sh {} \;
find / -xdev $recent ! -path '/tmp/azdock-cp-*' ! -path '/tmp/.azdock*' -exec stat -c '%z %Y %f %n' {} +
"""
