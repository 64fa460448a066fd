#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# sockeye tcplife beside the others, on this kernel and in a virtual machine;
# see README.  Called by "make bench" with srcdir, builddir and CC set.
#
# SOCKEYE_BENCH	a static, stripped sockeye, instead of building one
# BENCH_NATIVE=no, BENCH_VM=no	leave out a half
# BENCH_ROW	machine to boot (amd64-6.1)
# BENCH_ARGS	more options for bench
set -u

: "${builddir:?}"
srcdir=${srcdir:-$(dirname "$0")/..}
row=${BENCH_ROW:-amd64-6.1}
port=47011
rival=/usr/sbin/tcplife
bpftrace=/usr/bin/bpftrace

die()
{
	echo "bench: $*" >&2
	exit 1
}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-bench.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- what is built -------------------------------------------------------

cc=${CC:-cc}
if command -v musl-gcc >/dev/null; then
	cc=musl-gcc
else
	echo "bench: no musl-gcc (Debian: musl-tools): sockeye is linked with" \
		"another libc, memory and size are that one's" >&2
fi

# uapi - where the kernel's headers are, for a compiler that does not look
uapi()
{
	multiarch=$(gcc -print-multiarch 2>/dev/null)
	echo "-idirafter /usr/include" \
		${multiarch:+"-idirafter /usr/include/$multiarch"}
}

# static NAME SOURCE... - a program of this folder
static()
{
	name=$1
	shift
	# shellcheck disable=SC2046
	(cd "$srcdir/bench" && $cc -std=gnu11 -Os -s -static $(uapi) \
		-o "$tmp/$name" "$@" -lm) || die "cannot build $name"
}

# From a copy: a source directory that was configured itself takes no other
# build directories.
static_sockeye()
{
	${MAKE:-make} -s -C "$builddir" distdir distdir="$tmp/src" &&
	mkdir "$tmp/build" && cd "$tmp/build" &&
	../src/configure -q --enable-static --without-libelf --without-check \
		CC="$cc" CFLAGS=-Os &&
	${MAKE:-make} -s sockeye && strip -o "$tmp/sockeye" sockeye
}

static bench bench.c child.c proc.c kernel.c calls.c traffic.c table.c
static floor floor.c
if [ -n "${SOCKEYE_BENCH-}" ]; then
	cp "$SOCKEYE_BENCH" "$tmp/sockeye" || exit 1
else
	(static_sockeye) >"$tmp/build.log" 2>&1 || {
		tail -n 20 "$tmp/build.log" >&2
		die "cannot build a static sockeye"
	}
	rm -rf "$tmp/src" "$tmp/build"
fi

# ---- bpftrace's tool -----------------------------------------------------

# Without headers: bpftrace 0.17 wants the C library's for two numbers, and
# the kernel's as soon as there is a tracepoint.
# Kernels without kprobes get the tracepoint that other tools use; by then the
# socket has no local port any more, but the tracepoint tells.
# bt NAME WHERE-AND-FILTER
# shellcheck disable=SC2016
bt()
{
	sed -e '/^#ifndef BPFTRACE_HAVE_BTF/,/^#endif/c\
#define AF_INET 2\
#define AF_INET6 10' -e "s#^kprobe:tcp_set_state#$2#" "$script" |
	case $2 in
	tracepoint*)
		sed -e 's/(struct sock \*)arg0/(struct sock *)args->skaddr/' \
			-e 's/\$newstate = arg1/$newstate = args->newstate/' \
			-e 's/\$lport = .*/$lport = args->sport;/' ;;
	*)	cat ;;
	esac >"$tmp/$1"
}

script=
for f in /usr/sbin/tcplife.bt /usr/share/bpftrace/tools/tcplife.bt; do
	[ ! -f "$f" ] || script=$f
done

# On a machine that others use, only what bench made, in the kernel.
filtered()
{
	sk='((struct sock *)arg0)->__sk_common'
	bt kprobe.bt "kprobe:tcp_set_state\n\
/$sk.skc_num == $port || $sk.skc_dport == bswap((uint16)$port)/"
	bt tracepoint.bt "tracepoint:sock:inet_sock_set_state\n\
/args->sport == $port || args->dport == $port/"
}

everything()
{
	bt kprobe.bt kprobe:tcp_set_state
	bt tracepoint.bt tracepoint:sock:inet_sock_set_state
}

# ---- here ----------------------------------------------------------------

native()
{
	echo "== this machine, traced: bench's own sessions alone"
	[ "$(id -u)" -eq 0 ] || die "must be root: programs are loaded into" \
		"the kernel"
	[ -z "$script" ] || filtered
	# shellcheck disable=SC2086
	"$tmp/bench" -g -p $port -n 21 -r 7 ${BENCH_ARGS-} \
		"sockeye=$tmp/sockeye tcplife --ready-fd 3 -N inode:%N" \
		"floor=$tmp/floor" \
		"libbpf-tools=$rival -p %P" \
		"bpftrace=$bpftrace $tmp/kprobe.bt" \
		"bpftrace=$bpftrace $tmp/tracepoint.bt"
}

# What gethostlatency says that look-ups took, beside the clients' own clock.
lookups()
{
	echo "== names looked up, here: one line"
	"$builddir/t/live/live" -s "$tmp/sockeye" gethostlatency
}

# ---- in a virtual machine ------------------------------------------------

# files PROGRAM... - options that put these and their libraries there, and a
# shell, which bpftrace cannot do without
files()
{
	for f in "$@" /bin/sh; do
		[ -x "$f" ] || continue
		echo "-f $f:$f"
		ldd "$f" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' |
		sed 's/.*/-f &:&/'
	done | sort -u
}

vm()
{
	echo "== $row, traced: the whole machine (emulated, so times are long)"
	[ -z "$script" ] || everything
	# shellcheck disable=SC2046,SC2086
	"$srcdir/t/vm/run" "$row" -t 900 -m 2048 -f "$tmp/bench" \
		-f "$tmp/floor" -f "$tmp/sockeye" \
		$(files "$rival" "$bpftrace") \
		${script:+-f "$tmp/kprobe.bt:/kprobe.bt"} \
		${script:+-f "$tmp/tracepoint.bt:/tracepoint.bt"} -- \
		/bin/bench -p $port -n 5 -r 3 -s 503 -w 300 ${BENCH_ARGS-} \
		"sockeye=/bin/sockeye tcplife --ready-fd 3" \
		"floor=/bin/floor" \
		"libbpf-tools=$rival" \
		"bpftrace=$bpftrace /kprobe.bt" \
		"bpftrace=$bpftrace /tracepoint.bt"
}

status=0
[ "${BENCH_NATIVE-}" = no ] || native || status=1
[ "${BENCH_NATIVE-}" = no ] || lookups || status=1
[ "${BENCH_VM-}" = no ] || vm || status=1
exit $status
