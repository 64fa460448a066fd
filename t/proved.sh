#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# usage: proved.sh LOG...	(what t/live/live said on each kernel)
#
# A kernel cannot run all cases: without kprobes, netem or a radio there is
# nothing to test.  Cases that no kernel of these has passed were not tested,
# and that is a failure.  Called by "make check" with builddir set.
set -u

: "${builddir:?}"
live=${LIVE:-$builddir/t/live/live}
dir=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-proved.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

# passed LOG - the names of the cases that passed, each once
passed()
{
	sed -n '/# SKIP/!s/^ok [0-9]* - \([^:]*\):.*/\1/p' "$1" | LC_ALL=C sort -u
}

"$live" --list | sed '/(only when named)/d; s/ .*//' | LC_ALL=C sort >"$dir/all"
: >"$dir/proved"
for log; do
	passed "$log" >"$dir/passed"
	n=$(LC_ALL=C comm -12 "$dir/all" "$dir/passed" | wc -l)
	echo "$(basename "$log"): $n of $(wc -l <"$dir/all") cases passed"
	cat "$dir/passed" >>"$dir/proved"
done
LC_ALL=C sort -u -o "$dir/proved" "$dir/proved"
LC_ALL=C comm -23 "$dir/all" "$dir/proved" >"$dir/left"
if [ ! -s "$dir/all" ] || [ -s "$dir/left" ]; then
	echo "FAIL: passed on no kernel:" "$(tr '\n' ' ' <"$dir/left")" >&2
	exit 1
fi
echo "every case passed on one of these kernels: none was skipped on all"
