#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Captures of real traffic, shown in every form and compared with t/golden;
# help and schema of every tool as well.  UPDATE=1 writes the goldens anew:
# read the difference before it is committed.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"

# same NAME - what $tmp/out holds is t/golden/NAME
same()
{
	golden=$top/t/golden/$1
	if [ "${UPDATE-}" = 1 ]; then
		cp "$tmp/out" "$golden"
	fi
	if cmp -s "$tmp/out" "$golden"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $1 is not what it was:" >&2
		diff -u "$golden" "$tmp/out" | head -n 20 >&2
	fi
}

# golden NAME COMMAND... - its output, and how it ended when not with 0
golden()
{
	name=$1
	shift
	"$@" >"$tmp/out" 2>&1 || echo "exit $?" >>"$tmp/out"
	same "$name"
}

for cap in "$top"/t/data/*.cap; do
	t=$(basename "$cap" .cap)
	golden "replay-$t.txt" "$sockeye" replay "$cap"
	golden "replay-$t-x.txt" "$sockeye" replay --events -x -T --utc "$cap"
	golden "replay-$t-c.txt" "$sockeye" replay -c "$cap"
	golden "replay-$t.csv" "$sockeye" replay --events --csv -x --time=iso \
		"$cap"
	golden "replay-$t.json" "$sockeye" replay --events -j -x "$cap"
	# cut short: what came before the cut stands, and it is told
	head -c $(($(wc -c <"$cap") - 40)) "$cap" >"$tmp/cut.cap"
	(cd "$tmp" && "$sockeye" replay -o pid cut.cap) >"$tmp/out" 2>&1 ||
		echo "exit $?" >>"$tmp/out"
	same "replay-$t-cut.txt"
done
# in each form: a histogram, and what is told each second
for form in '-F table' -j --csv; do
	as=${form##*[- ]}
	# shellcheck disable=SC2086
	golden "replay-hist-$as.txt" "$sockeye" replay $form \
		--hist duration_ns -o comm,uid "$top/t/data/tcplife.cap"
	# shellcheck disable=SC2086
	golden "replay-interval-$as.txt" "$sockeye" replay $form -c -i 1 \
		-o laddr,type "$top/t/data/tcpretrans.cap"
	# shellcheck disable=SC2086
	golden "replay-hist-interval-$as.txt" "$sockeye" replay $form \
		-i 800ms --hist think_ns --unit ms -o rport \
		"$top/t/data/so1stbyte.cap"
done
golden replay-hist-bcc.txt "$sockeye" replay --hist TX_KB --style bcc \
	"$top/t/data/tcplife.cap"
golden replay-hist-keyless.txt "$sockeye" replay --hist MS -o -laddr,raddr \
	"$top/t/data/tcplife.cap"
for t in $("$sockeye" list | sed 's/ .*//'); do
	# those that are requests have the same options; two are enough
	if "$sockeye" help "$t" | grep -q '^Maps:'; then
		case $t in
		accepts | socketio) ;;
		*)	continue ;;
		esac
	else
		golden "schema-$t.json" "$sockeye" "$t" --schema
	fi
	golden "help-$t.txt" "$sockeye" help "$t"
done
echo "t/replay.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
