#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What needs no root: the suites of t/run, then each script named.  Called by
# "make check-unit" in the source directory with builddir, SOCKEYE, CC and
# CPPFLAGS set; by hand: builddir=$PWD t/unit.sh t/cli.sh
set -u

: "${builddir:?}"
pass=0
fail=0

# A few bytes of a pipe or a terminal's width must not change a golden.
LC_ALL=C TZ=UTC
export LC_ALL TZ
unset COLUMNS POSIXLY_CORRECT

count()
{
	if [ "$1" -eq 0 ]; then
		pass=$((pass + 1))
	else
		fail=$((fail + 1))
		echo "FAIL: $2 (exit $1)" >&2
	fi
}

# half N - every second suite, from the first (1) or second (0) on
half()
{
	# shellcheck disable=SC2046
	"$builddir/t/run" $("$builddir/t/run" -l | awk "NR % 2 == $1")
}

# Both halves at once: each test is a process, and there are two thousand.
suites()
{
	said=$(mktemp "${TMPDIR:-/tmp}/sockeye-unit.XXXXXX") || return 1
	half 0 >"$said" 2>&1 &
	half 1
	first=$?
	wait $!
	second=$?
	cat "$said"
	rm -f "$said"
	return $((first ? first : second))
}

if [ -x "$builddir/t/run" ]; then
	suites
	count $? t/run
else
	echo "t/run: not built (check, the unit test library, is missing)" >&2
fi

for script; do
	sh "$script"
	count $? "$script"
done
echo "check-unit: $pass passed, $fail failed"
[ "$fail" -eq 0 ]
