#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What can be wrong with a machine, each with its one line and its exit
# status; needs root, and is called by t/live.sh.  Mistakes that need none are
# in t/cli.sh.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
# nobody's namespace: should a tool start after all, it sees nothing
nowhere="-N inode:1 -d 1"

# says STATUS PATTERN COMMAND...
says()
{
	status=$1
	pattern=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	if [ "$got" -eq "$status" ] && grep -q -e "$pattern" "$tmp/err" &&
	   [ "$(wc -l <"$tmp/err")" -le 2 ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL: $*: exit $got (want $status), said:" >&2
	cat "$tmp/err" >&2
}

nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all'
cp "$sockeye" "$tmp/sockeye"
chmod 755 "$tmp" "$tmp/sockeye"
# shellcheck disable=SC2086
{
	says 4 'needs root' $nobody "$tmp/sockeye" tcplife $nowhere

	says 4 'Permission denied' $nobody "$tmp/sockeye" tcplife -N $$ -d 1

	# What was named, not what this kernel lacks.
	says 1 '-W /nosuch/x: No such file' \
		"$sockeye" tcplife $nowhere -W /nosuch/x
	says 1 '-W /nosuch/x: No such file' \
		"$sockeye" sosnap $nowhere -W /nosuch/x
	says 2 '--lib: /nosuch: No such file' \
		"$sockeye" gethostlatency $nowhere --lib /nosuch
	says 1 'bin/nosuch: No such file' \
		"$sockeye" count -p $$ -d 1 u:/bin/nosuch:main
	if grep -q 'CONFIG_UPROBE' "$tmp/err"; then
		failed=$((failed + 1))
		echo "FAIL: a missing file is told as a missing option" >&2
	fi
	# shellcheck disable=SC2016 # it is the inner shell's
	says 1 'No space left on device' \
		sh -c '"$0" tcplife --plan -N inode:1 >/dev/full' "$sockeye"
	# shellcheck disable=SC2016
	says 0 '^exit 0$' sh -c '{ "$0" tcplife -N inode:1 -q -d 5 -W -
		echo "exit $?" >&2; } | head -c 10 >/dev/null' "$sockeye"
	# Nothing to fill the place of a closed stdout with: the recording is
	# not written there, nor what belongs on it.
	# shellcheck disable=SC2016
	says 0 '^exit 1, 1 line$' unshare -m sh -c 'mount -t tmpfs none /dev
		"$0" sosnap -q -N inode:1 -W "$1" >&- 2>&-
		echo "exit $?, $("$0" replay "$1" | wc -l) line" >&2' \
		"$sockeye" "$tmp/rec"
	# Files that run out say nothing about the kernel.
	for line in tcplife 'count t:syscalls:sys_enter_*'; do
		# shellcheck disable=SC2016
		says 1 'Too many open files' sh -c 'ulimit -n 9
			exec "$0" $* -N inode:1 -d 1' "$sockeye" $line
		if grep -q 'this kernel' "$tmp/err"; then
			failed=$((failed + 1))
			echo "FAIL: $line: the kernel is blamed" >&2
		fi
	done
	says 1 'fewer arguments' \
		"$sockeye" count $nowhere --by arg4 rt:sched_switch
	# Rows, tallies, intervals: the recording is what stands on stdout.
	for line in 'tcplife -d 1' 'tcptop 1 1' \
			'count -d 1 t:sock:inet_sock_set_state'; do
		# shellcheck disable=SC2016
		says 0 '^exit 0$' sh -c '"$0" $* -N inode:1 -q -W - |
			"$0" replay -; echo "exit $?" >&2' "$sockeye" $line
	done
	says 2 'no such reason' "$sockeye" skbdrop $nowhere --reason foo
	says 2 'gives no name' \
		"$sockeye" trace $nowhere --by =pid t:sock:inet_sock_set_state

	# Root may do what can be done: this cannot.
	"$sockeye" count --dry-run -p $$ f:tcp_v4_connect >"$tmp/out" \
		2>"$tmp/err"
	got=$?
	if grep -q 'refuses fentry' "$tmp/err" && [ "$got" -ne 3 ]; then
		failed=$((failed + 1))
		echo "FAIL: refused fentry: exit $got (want 3)" >&2
	fi

	# In a mount namespace of its own, without the right to mount.
	says 3 'tracefs is neither mounted nor can be mounted' \
		unshare -m sh -c 'umount -l /sys/kernel/tracing \
			/sys/kernel/debug/tracing /sys/kernel/debug 2>/dev/null
			exec setpriv --bounding-set=-sys_admin \
				--inh-caps=-sys_admin "$@"' sh \
		"$sockeye" tcpaccept $nowhere --config no-trampoline=1 \
		--config no-kprobe=1
	if ! grep -q 'needs root' "$tmp/err"; then
		failed=$((failed + 1))
		echo "FAIL: tracefs: not who may mount it" >&2
	fi
	# Root of a user namespace is not the kernel's.
	if unshare -Ur true 2>/dev/null; then
		# shellcheck disable=SC2016
		says 4 'user namespace' sh -c 'ulimit -l 64
			exec unshare -Ur "$@"' sh "$sockeye" tcplife $nowhere
	fi

	says 3 'nothing here knows this type: give' \
		"$sockeye" tcplife $nowhere --btf none --config no-tracepoint=1 \
		--config no-discovery=1

	# No mistake: a network namespace mounted where mountinfo has \040.
	# shellcheck disable=SC2016
	says 0 '^said nothing$' unshare -m sh -c 'touch "$1/a b" &&
		unshare -n mount --bind /proc/self/ns/net "$1/a b" &&
		"$0" sosnap -N "inode:$(stat -Lc %i "$1/a b")" 2>"$1/said" &&
		test ! -s "$1/said" && echo said nothing >&2' "$sockeye" "$tmp"

	# What needs BTF, and there is none.
	says 3 'the kernel has no BTF' \
		"$sockeye" count --dry-run --btf none -p $$ f:tcp_v4_connect

	# No hooks of any kind, and what would help.
	gone='--config no-kprobe=1 --config no-raw-tracepoint=1
		--config no-tracepoint=1 --config no-trampoline=1'
	says 3 'no way to see that a TCP socket goes away .*no raw tracepoints' \
		"$sockeye" tcplife $nowhere $gone
	if zcat /proc/config.gz 2>/dev/null |
	   grep -q '^# CONFIG_KPROBES is not set'; then
		says 3 'not set in this kernel.*CONFIG_KPROBES, CONFIG_KPROBE_E' \
			"$sockeye" tcplife $nowhere $gone
	fi
	says 3 'no way to see that a process accepts .*--config takes it' \
		"$sockeye" tcpaccept $nowhere --config 'no-hook=*'
	# With its kind or without.
	for hook in 'inet_sock_set_?tate' 'raw_*:inet_sock_set_state'; do
		# shellcheck disable=SC2016
		says 0 'raw_tracepoint inet_sock_set_state: --config takes it' \
			sh -c '"$0" tcplife $1 --plan --config "no-hook=$2" |
			grep "set_state: --config" >&2' \
			"$sockeye" "$nowhere" "$hook"
	done

	dd if=/sys/kernel/btf/vmlinux of="$tmp/cut.btf" bs=1000 count=1000 \
		2>/dev/null
	says 1 'cut.btf' "$sockeye" tcplife $nowhere --btf "$tmp/cut.btf"
	{
		dd if=/sys/kernel/btf/vmlinux bs=24 count=1 2>/dev/null
		dd if=/dev/urandom bs=1024 count=6000 2>/dev/null
	} >"$tmp/noise.btf"
	says 1 'noise.btf\|kernel types' \
		"$sockeye" tcplife $nowhere --btf "$tmp/noise.btf"

	"$sockeye" doctor --fields |
		sed 's/^build-id .*/build-id 0123456789/' >"$tmp/other"
	says 1 'of another kernel' \
		"$sockeye" tcplife $nowhere --fields "$tmp/other"
	sed 's/ off / of /' "$tmp/other" >"$tmp/slip"
	says 1 'slip: line ' "$sockeye" tcplife $nowhere --fields "$tmp/slip"
}
"$sockeye" object "$top/t/data/bad-verifier.el.o" >"$tmp/out" 2>"$tmp/err"
if [ $? -eq 1 ] && grep -q 'the verifier says .*bad-verifier.bpf.c:6' \
		"$tmp/out"; then
	passed=$((passed + 1))
else
	# without libelf there is nothing to be refused
	if "$sockeye" --version | grep -q libelf; then
		failed=$((failed + 1))
		cat "$tmp/out" "$tmp/err" >&2
	fi
fi
echo "t/mistakes.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
