#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The live level on this machine's own kernel: traffic in network namespaces
# of its own, a known number of it, and every row compared with what was made.
# Called by "make check-live" with builddir set; by hand:
#	builddir=$PWD t/live.sh [CASE]...
# LIVE and SOCKEYE name other programs, EXTRA more arguments for sockeye.
set -u

: "${builddir:?}"
sockeye=${SOCKEYE:-$builddir/sockeye}
live=${LIVE:-$builddir/t/live/live}

die()
{
	echo "FAIL: t/live.sh: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || die "must be root: sockeye loads programs into the" \
	"kernel, the test makes network namespaces"
[ -x "$sockeye" ] || die "no program $sockeye"
[ -x "$live" ] || die "no program $live"

if [ $# -eq 0 ]; then
	for script in mistakes doctor leftover; do
		SOCKEYE=$sockeye LIVE=$live sh "$(dirname "$0")/$script.sh" ||
			die "t/$script.sh"
	done
fi

# Those of the engine's verbs are tried here first, before all kernels have
# them.
[ $# -gt 0 ] || asks=$("$live" --list | awk '/^ask-/ { print $1 }')

# Kernels without netem are tested with packets dropped one by one; netem is
# for the virtual machines, which all have it; and so are kprobes and fentry.
if [ $# -eq 0 ]; then
	set -- --skip tcpretrans-netem --skip soconnlat-netem
	[ -e /sys/bus/event_source/devices/kprobe ] ||
		set -- "$@" --skip tcpnagle
fi
"$live" -s "$sockeye" --again 2 ${EXTRA:+--extra "$EXTRA"} "$@" || {
	echo "FAIL: t/live.sh (exit $?)" >&2
	exit 1
}
# shellcheck disable=SC2086
[ -z "${asks-}" ] || "$live" -s "$sockeye" --again 2 -n 211 $asks || {
	echo "FAIL: t/live.sh, of count and the like (exit $?)" >&2
	exit 1
}
