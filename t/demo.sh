#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Thirteen TCP sessions in a network namespace of their own, the table that
# `sockeye tcplife' printed of them, and whether that is what they were.
# Called by "make demo" with builddir set.
set -u

: "${builddir:?}"
sockeye=${SOCKEYE:-$builddir/sockeye}
live=${LIVE:-$builddir/t/live/live}

if [ "$(id -u)" -ne 0 ]; then
	echo "demo: must be root to load programs into the kernel: sudo make demo" >&2
	exit 1
fi
for program in "$sockeye" "$live"; do
	if [ ! -x "$program" ]; then
		echo "demo: no program $program; make has not been run" >&2
		exit 1
	fi
done

echo '# sockeye tcplife'
if out=$("$live" -s "$sockeye" -n 13 demo); then
	# The table, then one line of verdict, then a count of cases.
	printf '%s\n' "$out" |
	sed -e '$d' -e 's/^ok 1 - demo: /demo: ok: /'
else
	printf '%s\n' "$out"
	echo "demo: what was shown is not what was made." >&2
	echo "What this kernel offers, and why not more:" >&2
	"$sockeye" tcplife --plan >&2
	exit 1
fi
