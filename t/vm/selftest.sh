#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# usage: selftest.sh [ROW]
#
# Holds the rig itself against what README promises, on one row (default
# amd64-6.1): statuses, exact bytes, files both ways, the ways to fail, and
# that nothing is left behind.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

row=${1:-amd64-6.1}
row_read "$row"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-vm-selftest.XXXXXX") || exit 125
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$tmp/t"
TMPDIR=$tmp/t
export TMPDIR

lock build
cc=$(guest_cc) || exit 125
guest=$(built guest "$cc" -static -s guest.c) || exit 125
exec 8>&-

bad=0 n=0
ok() { # NAME STATUS
	n=$((n + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $n $1"
	else
		echo "not ok $n $1"
		sed 's/^/# /' "$tmp/err"
		bad=$((bad + 1))
	fi
}

vm() { # OPTION... -- COMMAND...: in the guest; what comes out in out, err
	"$here/run" "$row" -f "$guest:/bin/guest" "$@" \
		>"$tmp/out" 2>"$tmp/err"
}

is() { # NAME WANTED-STATUS OPTION... -- COMMAND...
	_name=$1 _want=$2
	shift 2
	vm "$@"
	_got=$?
	ok "$_name (status $_got)" $((_got != _want))
}

says() { # NAME PATTERN: standard error has it
	grep -q "$2" "$tmp/err"
	ok "$1" $?
}

has() { # NAME LINE: standard output has it
	grep -qx "$2" "$tmp/out"
	ok "$1" $?
}

same() { # NAME FILE FILE
	cmp "$2" "$3" >"$tmp/err" 2>&1
	ok "$1" $?
}

# wait_for COMMAND...: for at most 30 s.
wait_for() {
	_i=0
	until "$@"; do
		_i=$((_i + 1))
		[ $_i -lt 300 ] || return 1
		sleep 0.1
	done
}

is_host() { # PID: is past making the initramfs
	tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q '^[^ ]*/host-'
}

qemu_of() { # PID: set child to the QEMU that it started
	# The file does not end in a newline: read is never content.
	read -r child _ <"/proc/$1/task/$1/children"
	[ -n "$child" ]
}

gone() {
	! kill -0 "$child" 2>/dev/null
}

# ended SIGNAL: a run that gets SIGNAL takes its QEMU along.
ended() {
	child=
	"$here/run" "$row" -f "$guest:/bin/guest" -- guest sleep 60 \
		>"$tmp/out" 2>"$tmp/err" &
	_run=$!
	wait_for is_host $_run
	wait_for qemu_of $_run
	kill "-$1" $_run
	wait $_run 2>/dev/null
	[ -n "$child" ] && wait_for gone
	ok "SIG$1 ends QEMU" $?
}

is 'status 0' 0 -- guest exit 0
is 'status 7' 7 -- guest exit 7
is 'a command that a signal ends' 139 -- guest die
is 'a command that is not there' 127 -- nonesuch
is 'two streams' 0 -- guest both
mv "$tmp/err" "$tmp/err2"
echo 'to stdout' >"$tmp/want"
same 'standard output alone' "$tmp/out" "$tmp/want"
echo 'to stderr' >"$tmp/want"
same 'standard error alone' "$tmp/err2" "$tmp/want"

cat >"$tmp/want" <<'EOF'
[]
[it's]
[a  b]
[$HOME *]
[two
lines]
EOF
is 'arguments' 0 -- guest args '' "it's" 'a  b' "\$HOME *" 'two
lines'
same 'arguments untouched' "$tmp/out" "$tmp/want"
is 'variables' 0 -e 'SK=a  "b"' -- guest env SK
has 'variables untouched' 'a  "b"'

is 'facts' 0 -- guest facts
for fact in 'lo up' 'cgroup2 yes' 'tracefs no'; do
	has "guest has: $fact" "$fact"
done
is 'one processor, less memory' 0 -c 1 -m 512 -- guest facts
has 'guest has: cpus 1' 'cpus 1'

# 101,111 bytes of every value: out of the guest on the channel, into it as a
# file, back from it as a file.
is 'blob' 0 -- guest blob 101111
mv "$tmp/out" "$tmp/blob"
[ "$(($(wc -c <"$tmp/blob")))" -eq 101111 ]
ok 'blob has all its bytes' $?
[ "$(od -An -v -tx1 "$tmp/blob" | tr -s ' ' '\n' | sort -u |
	grep -c .)" -eq 256 ]
ok 'blob has every value' $?
is 'file there and back' 0 -f "$tmp/blob:/etc/a/b c" \
	-o "/etc/a/b c:$tmp/a copy" -o "/bin/guest:$tmp/guest" -- guest exit 0
same 'file exact' "$tmp/blob" "$tmp/a copy"
same 'second file exact' "$guest" "$tmp/guest"
is 'file of a command that fails' 3 -f "$tmp/blob:/blob" \
	-o "/blob:$tmp/again" -- guest exit 3
same 'file exact after failure' "$tmp/blob" "$tmp/again"
is 'file that is not there' 125 -o "/nonesuch:$tmp/none" -- guest exit 0
[ ! -e "$tmp/none" ]
ok 'no empty file in its place' $?

is 'time up' 124 -t 20 -- guest sleep 60
says 'time up is told' 'not done after 20 s (command running)'
is 'panic' 125 -l "$tmp/log" -- guest put /proc/sysrq-trigger c
says 'panic is told' 'kernel panic'
says 'panic: console shown' 'Kernel panic'
grep -q 'Kernel panic' "$tmp/log"
ok 'panic: console kept' $?
is 'machine that does not come up' 125 -a 'rdinit=/nonesuch' -- guest exit 0
# No newline: the kernel holds such a line back until another follows.
is 'kernel warning' 123 -- guest put /dev/kmsg 'WARNING: CPU: 0 made up'
says 'kernel warning is told' '^\* WARNING: CPU: 0 made up'
is 'no kernel warning' 0 -- guest put /dev/kmsg 'DEBUG: no harm'

is 'covered path refused' 125 -f "$guest:/tmp/x" -- guest exit 0
is 'missing file refused' 125 -f "$tmp/nonesuch" -- guest exit 0
is 'no command refused' 125
"$here/run" nonesuch -- true >"$tmp/out" 2>"$tmp/err"
ok 'unknown row refused' $(($? != 125))

if [ -n "$row_spare" ]; then
	(
		KERNEL=$("$here/kernel" "$row")/vmlinuz
		ARCH=$row_arch
		export KERNEL ARCH
		"$here/run" -f "$guest:/bin/guest" -- guest blob 101111
	) >"$tmp/out" 2>"$tmp/err"
	ok "a kernel of one's own, without modules" $?
	same 'blob exact over the UART' "$tmp/blob" "$tmp/out"
fi

# The same kernel as one's own, with the modules that depmod has seen.
kernel=$("$here/kernel" "$row")
mkdir "$tmp/tree"
for deb in "$kernel"/deb/*.deb; do
	dpkg-deb -x "$deb" "$tmp/tree"
done
version=$(cat "$kernel/version")
lib=$(find "$tmp/tree" -type d -path "*/lib/modules/$version")
depmod -b "${lib%/lib/modules/*}" "$version" 2>"$tmp/err"
(
	KERNEL=$kernel/vmlinuz ARCH=$row_arch MODULES=$lib
	export KERNEL ARCH MODULES
	"$here/run" -f "$guest:/bin/guest" -- guest facts
) >"$tmp/out" 2>"$tmp/err"
ok "a kernel of one's own, with modules" $?
grep -q '^modules .*sch_netem' "$tmp/out"
ok 'its modules loaded' $?
MODULES=$tmp/nonesuch KERNEL=$kernel/vmlinuz ARCH=$row_arch \
	"$here/run" -f "$guest:/bin/guest" -- guest exit 0 2>"$tmp/err"
ok 'a rig error before the machine starts is 125' $(($? != 125))

"$here/run" "$row" -f "$guest:/bin/guest" -- guest exit 5 \
	>"$tmp/out1" 2>&1 &
one=$!
is 'two at once, one' 6 -- guest exit 6
wait $one
ok 'two at once, other' $(($? != 5))

for sig in INT TERM HUP KILL; do
	ended $sig
done
[ -z "$(ls -A "$tmp/t")" ]
ok 'no temporary file left' $?
echo "1..$n"
[ $bad -eq 0 ]
