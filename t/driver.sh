#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the tests rest on: the driver of the live tests runs what was named or
# says that it does not, proved.sh tells what no kernel has passed, and unit.sh
# does not pass without a test.  Needs no root.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"

# ends STATUS PATTERN COMMAND... - so it ends, and says that
ends()
{
	want=$1 pattern=$2
	shift 2
	"$@" >"$tmp/out" 2>&1
	got=$?
	if [ "$got" -eq "$want" ] && grep -q -e "$pattern" "$tmp/out"; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL: $1, '$pattern': exit $got (want $want), said:" >&2
	cat "$tmp/out" >&2
}

live=${LIVE:-$builddir/t/live/live}
ends 2 'no case nosuch' "$live" -s /nosuch tcplife nosuch
names=$(awk 'BEGIN { while (i++ < 257) print "tcplife" }')
# shellcheck disable=SC2086
ends 2 'no more than 256 cases' "$live" -s /nosuch $names
"$live" --list | awk '{ print $1 }' >"$tmp/cases"
# shellcheck disable=SC2046
ends 1 'must be root\|/nosuch: No such file' \
	"$live" -s /nosuch $(cat "$tmp/cases")

cat >"$tmp/live" <<-'END'
	#!/bin/sh
	printf '%s\n' 'one   a case' 'two   another' 'all   (only when named)'
END
chmod +x "$tmp/live"
LIVE=$tmp/live
export LIVE
proved="sh $top/t/proved.sh"
printf '%s\n' 'ok 1 - one: 5 of 5 (0.1 s)' 'ok 2 - two # SKIP no netem' \
	>"$tmp/here"
printf '%s\n' 'not ok 1 - one: 4 of 5 (0.1 s)' 'ok 2 - two: 7 of 7 (0.1 s)' \
	>"$tmp/there"
# shellcheck disable=SC2086
{
	ends 0 'every case passed' $proved "$tmp/here" "$tmp/there"
	ends 1 'on no kernel: two $' $proved "$tmp/here"
	ends 1 'on no kernel: one $' $proved "$tmp/there"
	ends 1 'on no kernel: one two $' $proved /dev/null
}
printf '#!/bin/sh\nexit 1\n' >"$tmp/live"
ends 1 'on no kernel: $' sh "$top/t/proved.sh" "$tmp/here"

# A program of some tools, and nothing to be tested.
mkdir "$tmp/build"
play()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$tmp/build/sockeye"
	chmod +x "$tmp/build/sockeye"
}
unit="env builddir=$tmp/build SOCKEYE=$tmp/build/sockeye sh $top/t/unit.sh"
echo true >"$tmp/good"
echo false >"$tmp/bad"
# shellcheck disable=SC2086
{
	play 'echo "sockeye 0 (features: libelf some-tools)"'
	ends 1 'only some tools were built' $unit "$tmp/good"
	play 'echo "sockeye 0 (features: libelf)"'
	ends 0 '1 passed, 0 failed' $unit "$tmp/good"
	ends 1 '1 passed, 1 failed' $unit "$tmp/good" "$tmp/bad"
	ends 1 '0 passed, 0 failed' $unit
}
echo "t/driver.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
