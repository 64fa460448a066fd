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

# Most tests ask for tools by their names.
case $("${SOCKEYE:-$builddir/sockeye}" --version) in
*some-tools*)
	echo "FAIL: check-unit: only some tools were built (--with-tools)," \
		"and the tests are of all" >&2
	exit 1
	;;
esac

# A few bytes of a pipe or a terminal's width must not change a golden.
LC_ALL=C TZ=UTC
export LC_ALL TZ
unset COLUMNS POSIXLY_CORRECT

# check gives a test 4 seconds, which sanitizers on a busy machine need more of.
CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60}
export CK_DEFAULT_TIMEOUT

count()
{
	if [ "$1" -eq 0 ]; then
		pass=$((pass + 1))
	else
		fail=$((fail + 1))
		echo "FAIL: $2 (exit $1)" >&2
	fi
}

# What is freed is used again: as it is, glibc gives it back to the kernel after
# each program that is linked, and takes it again page by page.
MALLOC_TRIM_THRESHOLD_=67108864 MALLOC_MMAP_THRESHOLD_=67108864
export MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_

said=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-unit.XXXXXX") || exit 1
trap 'rm -rf "$said"' EXIT

# others - all suites but the one that takes nearly as long as they together,
# and one that waits
others()
{
	# shellcheck disable=SC2046
	"$builddir/t/run" $("$builddir/t/run" -l | grep -vx -e kernels -e out)
}

# lane NAME COMMAND... - beside the others: each test is a process or more, and
# there are two thousand.
lane()
{
	name=$1
	shift
	"$@" >"$said/$name" 2>&1 &
	lanes="$lanes $!:$name"
}

lanes=
if [ -x "$builddir/t/run" ]; then
	lane kernels "$builddir/t/run" kernels
	lane out "$builddir/t/run" out
	lane others others
else
	echo "t/run: not built (check, the unit test library, is missing)" >&2
fi
for script; do
	lane "$(basename "$script")" sh "$script"
done
for lane in $lanes; do
	wait "${lane%:*}"
	status=$?
	cat "$said/${lane#*:}"
	count $status "${lane#*:}"
done
echo "check-unit: $pass passed, $fail failed"
[ "$fail" -eq 0 ] && [ "$pass" -gt 0 ]
