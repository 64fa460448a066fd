#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# usage: vm.sh [ROW]...		(rows of t/vm/rows; none: $ROW, or all)
#
# All live cases in a virtual machine that holds nothing but sockeye and the
# test, system-wide.  Called by "make check-vm" with builddir set.  Builds
# nothing: both programs must be static, and of the row's machine.  They are
# taken from $builddir/cross/TRIPLET, if there is one (a build configured with
# --host=TRIPLET --enable-static), or else from $builddir.
#
# SOCKEYE, LIVE: other programs.  EXTRA: more arguments for sockeye.
# CASES: not all of them.  VM_SECONDS: time for a row (default 5400).
set -u

: "${builddir:?}"
srcdir=${srcdir:-$(dirname "$0")/..}
[ $# -gt 0 ] || {
	# shellcheck disable=SC2086
	set -- ${ROW-}
}
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046
	set -- $(sed -n 's/^\([a-z0-9][^ |]*\) *|.*/\1/p' "$srcdir/t/vm/rows")
fi
passed=0
failed=0

# triplet ROW - of the row's machine
triplet()
{
	awk -F '|' -v row="$1" '
		{ name = $1; gsub(/ /, "", name) }
		name == row { gsub(/ /, "", $7); print $7 }
	' "$srcdir/t/vm/rows"
}

is_static()
{
	[ -x "$1" ] || {
		echo "vm.sh: no program $1" >&2
		return 1
	}
	command -v readelf >/dev/null || return 0
	if readelf -lW "$1" 2>/dev/null | grep -q INTERP; then
		echo "vm.sh: $1 is not static (configure --enable-static)" >&2
		return 1
	fi
}

run_row()
{
	dir=$builddir/cross/$(triplet "$1")
	if [ -x "$dir/sockeye" ]; then
		sockeye=$dir/sockeye
		live=$dir/t/live/live
	else
		sockeye=${SOCKEYE:-$builddir/sockeye}
		live=${LIVE:-$builddir/t/live/live}
	fi
	is_static "$sockeye" && is_static "$live" || return 1
	# shellcheck disable=SC2086
	"$srcdir/t/vm/run" "$1" -f "$sockeye:/bin/sockeye" \
		-f "$live:/bin/live" -t "${VM_SECONDS:-5400}" -- \
		/bin/live -s /bin/sockeye --system-wide \
		${EXTRA:+--extra "$EXTRA"} ${CASES-}
}

for row; do
	echo "== $row"
	if run_row "$row"; then
		passed=$((passed + 1))
	else
		echo "FAIL: $row" >&2
		failed=$((failed + 1))
	fi
done
echo "check-vm: $passed rows passed, $failed failed"
[ "$failed" -eq 0 ]
