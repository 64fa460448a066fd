#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# sockeye plot: the picture of the README, XML that others read, and mistakes,
# each with its one line.  UPDATE=1 draws the picture anew.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
rec=$top/doc/tcpwin.rec

# count RESULT WHAT - 0 is right
count()
{
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $2" >&2
	fi
}

# same FILE - it is what $tmp/out holds
same()
{
	[ "${UPDATE-}" != 1 ] || cp "$tmp/out" "$1"
	cmp -s "$tmp/out" "$1"
	count $? "$1 is not what is drawn now"
}

# valid FILE - XML, to whatever parser there is
valid()
{
	if command -v xmllint >/dev/null; then
		xmllint --noout --nonet "$1"
	elif command -v python3 >/dev/null; then
		python3 -c 'import sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])' "$1"
	else
		! grep -q '&[^;]*<' "$1"
	fi
	count $? "$1 is no XML"
}

# says STATUS PATTERN ARGUMENT... - one line, and no picture
says()
{
	status=$1
	pattern=$2
	shift 2
	"$sockeye" plot "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ "$got" -eq "$status" ] && [ ! -s "$tmp/out" ] &&
		grep -q -e "$pattern" "$tmp/err" &&
		[ "$(wc -l <"$tmp/err")" -eq 1 ]
	count $? "plot $*: exit $got (want $status): $(cat "$tmp/err")"
}

"$sockeye" plot "$rec" -o "$tmp/out"
same "$top/doc/tcpwin.svg"
valid "$tmp/out"
"$sockeye" plot "$rec" >"$tmp/out"
same "$top/t/golden/plot-tcpwin.txt"
"$sockeye" replay --plot "$rec" >"$tmp/out"
same "$top/t/golden/plot-tcpwin.txt"
"$sockeye" plot --list "$rec" >"$tmp/out"
same "$top/t/golden/plot-tcpwin-list.txt"
# as CSV, from a file and a pipe, all is as it was recorded
"$sockeye" replay --csv -x "$rec" >"$tmp/rec.csv"
"$sockeye" plot "$tmp/rec.csv" -o "$tmp/out"
same "$top/doc/tcpwin.svg"
"$sockeye" plot -o - - <"$tmp/rec.csv" >"$tmp/out"
same "$top/doc/tcpwin.svg"
# other columns, of any tool
"$sockeye" plot --y tx_bytes,rx_bytes --y duration_ns --by comm \
	"$top/t/data/tcplife.cap" -o "$tmp/out"
same "$top/t/golden/plot-tcplife.svg"
valid "$tmp/out"
# whatever text is in it
printf '<x>,<y\033\001>,"<b>&"\n1,2,</svg>"&\n' >"$tmp/bad.csv"
"$sockeye" plot --y "$(printf '<y\033\001>')" --x '<x>' --by '<b>&' \
	--mark '<x>=1' -o "$tmp/bad.svg" "$tmp/bad.csv"
valid "$tmp/bad.svg"

: >"$tmp/empty.csv"
echo elapsed_ns,a,b >"$tmp/head.csv"
printf 'elapsed_ns,a\n1,\n' >"$tmp/unknown.csv"
printf 'elapsed_ns,a\n1,2\n3,"4"5\n' >"$tmp/quote.csv"
printf 'elapsed_ns,a\n1,2\n3,\000\n' >"$tmp/zero.csv"
says 2 "which file" -o "$tmp/none.svg"
says 2 "one file at a time, and what is b" a b
says 2 "unknown option --foo" --foo "$rec"
says 2 "no value for --y" "$rec" --y
says 2 "no more than 4 panels" --y a --y a --y a --y a --y a "$rec"
says 2 "draws nothing" --list -o "$tmp/none.svg" "$rec"
says 1 "none.csv: No such file" "$tmp/none.csv"
says 1 "Is a directory" "$tmp"
says 1 "empty.csv: no rows" "$tmp/empty.csv"
says 2 "which columns" "$tmp/head.csv"
says 1 "head.csv: no rows" --y a "$tmp/head.csv"
says 2 "no column 'c'" --y c "$tmp/head.csv"
says 1 "no known values" --y a "$tmp/unknown.csv"
says 1 "line 3: text after a quoted field" --y a "$tmp/quote.csv"
says 1 "line 3: a byte of zero" --y a "$tmp/zero.csv"
says 2 "no column 'cwnd'" --y cwnd "$rec"
says 1 "no known values of id 'x'; --list" --pick x "$rec"
says 1 "by COLUMN says of what" --y a --pick x "$tmp/unknown.csv"
says 2 "mark wants COLUMN=VALUE" --mark loss "$rec"
says 1 "No such file" "$rec" -o "$tmp/none/x.svg"
# killed while it was recorded: what there is is drawn
head -c 20000 "$rec" >"$tmp/cut.rec"
"$sockeye" plot "$tmp/cut.rec" -o "$tmp/cut.svg" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "cut short" "$tmp/err"
count $? "cut.rec: $(cat "$tmp/err")"
valid "$tmp/cut.svg"
if [ -w /dev/full ]; then
	says 1 "No space left" "$rec" -o /dev/full
	[ -c /dev/full ]
	count $? "/dev/full is gone"
fi
count "$(find "$tmp" -name 'none*' | wc -l)" "half a file stayed"
echo "t/plot.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
