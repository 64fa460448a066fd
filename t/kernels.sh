#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The table of features in doc/kernels and the code say the same: every feature of
# FEATURES has its line, with the version, and every test named there is.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
bad=0

complain()
{
	echo "t/kernels.sh: $*" >&2
	bad=1
}

# The table, a blank between columns: NAME VERSION TEST, from its last word.
table=$(awk '
	/^\tNAME[ \t]+LINUX/ { on = 1; next }
	on && /^$/ { exit }
	on && /^\t[^ \t]/ { test = $NF
		if ($(NF - 1) == "all") test = "all"
		print $1, $2, test }
' doc/kernels)

features=$(sed -n 's/^	X(\([a-z_]*\), ".*", "\([0-9.]*\)").*/\1 \2/p' \
	loader/loader.h)
[ -n "$features" ] || complain "no FEATURES in loader/loader.h"
echo "$features" | {
	n=0
	while read -r name since; do
		n=$((n + 1))
		echo "$table" | grep -q "^$name $since " ||
			complain "doc/kernels has no line for $name, Linux $since"
	done
	[ "$n" -gt 10 ] || complain "only $n features"
	exit "$bad"
} || bad=1
for name in $(echo "$table" | awk '$1 != "-" { print $1 }'); do
	echo "$features" | grep -q "^$name " ||
		complain "doc/kernels: loader/loader.h has no feature $name"
done
for test in $(echo "$table" | awk '{ print $3 }' | sort -u); do
	case $test in
	all)	;;
	*-*)	cat t/vm/rows t/vm/variants | grep -q "^$test *|" ||
			complain "doc/kernels: no row $test" ;;
	*)	[ -f "t/test_$test.c" ] || [ -f "t/$test.sh" ] ||
			complain "doc/kernels: no test $test" ;;
	esac
done
[ "$bad" -ne 0 ] || echo "t/kernels.sh: 1 passed, 0 failed"
exit "$bad"
