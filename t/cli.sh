#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Mistakes, each with its one line and its exit status; needs no root.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"

# says STATUS PATTERN ARGUMENT... - ends with STATUS, its first line on stderr
# matches PATTERN, nothing stands on stdout
says()
{
	status=$1
	pattern=$2
	shift 2
	"$sockeye" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	if [ "$got" -eq "$status" ] && [ ! -s "$tmp/out" ] &&
	   head -n 1 "$tmp/err" | grep -q -e "$pattern" &&
	   [ "$(wc -l <"$tmp/err")" -le 2 ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL: sockeye $*: exit $got (want $status), said:" >&2
	cat "$tmp/err" >&2
}

says 2 "unknown tool 'tcpfoo'" tcpfoo
says 2 "did you mean" tcplif
says 2 "did you mean trace_dns?" trace_dn
says 2 "unknown option --foo" tcplife --foo
says 2 "not a process id" tcplife -p abc
says 2 "not a port" tcplife -L 70000
says 2 "no such key" tcplife --config no-nothing=1
says 2 "unexpected argument" tcplife extra
says 2 "No such file" tcplife --btf "$tmp/none"
says 2 "no column" tcplife -o pid,nothing
says 2 "which capture" replay
says 1 "not a capture" replay "$top/README"
says 2 "--plot is about rows" tcpwin --plot -c
says 2 "columns and times of its own" tcpwin --plot -T
says 2 "columns and times of its own" tcpwin --plot -o snd_cwnd
says 2 "unknown option --plot" tcplife --plot
says 2 "neither 1 nor 0" tcplife -N inode:1 -d 1 --config no-ringbuf=foo
says 2 "lib '': want a file" gethostlatency -N inode:1 -d 1 --lib ''
cap=$top/t/data/tcplife.cap
says 2 "which capture" replay ''
for verb in list help doctor object btf plot replay; do
	says 2 "'$verb' has no man page.*'sockeye help $verb'" help --man $verb
done
says 2 "no help on 'replai'" help --man replai
says 2 "rate is no option of what was recorded (tcplife)" replay --rate "$cap"
says 2 "-f is no option of what was recorded (tcplife)" replay -f "$cap"
says 2 "unknown option --nosuch" replay --nosuch "$cap"
says 2 "which file" plot ''
says 2 "which columns" plot "$cap"
says 2 "no column 'foo'" plot --y foo "$cap"
says 2 "no column 'foo'" plot --y tx_bytes --by foo "$cap"
says 2 "want.* COLUMN=VALUE" plot --y tx_bytes --mark foo "$cap"
says 2 "which file" plot --y tx_bytes -o '' "$cap"
says 2 "which file" btf --minimise -o ''
says 2 "which file? Try" object
says 2 "want table, json or csv" tcpwin -F plot
says 2 "which file" object
says 2 "what shall be done" btf
says 2 "unknown option --foo" btf --foo
says 2 "no value for --btf" btf --minimise --btf
says 2 "No such file" btf --minimise --btf "$tmp/none"
says 1 "not BTF" btf --minimise --btf "$top/README"
printf '\177ELF' >"$tmp/short.o"
says 2 "No such file" doctor --fields --btf "$tmp/none"
head -c 600 "$top/t/data/spec-all.el.o" >"$tmp/cut.o"
if "$sockeye" --version | grep -q libelf; then
	says 1 "short.o" object "$tmp/short.o"
	says 1 "cut.o" object "$tmp/cut.o"
else
	says 3 "cut.o: built without libelf" object "$tmp/cut.o"
fi

# without root, if we are not; with it, as nobody
if [ "$(id -u)" -ne 0 ]; then
	says 4 "needs root" tcplife -d 1
else
	says 2 "no such key" doctor --config foo=1
	says 2 "No such file" doctor --btf "$tmp/none"
fi

# check WHAT COMMAND... - succeeds
check()
{
	what=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $what:" >&2
		cat "$tmp/out" >&2
	fi
}

# the types of this kernel, cut down: the same fields, the same when done
# again, read by others, and bound to this kernel
if [ -r /sys/kernel/btf/vmlinux ]; then
	check "btf --minimise" "$sockeye" btf --minimise -o "$tmp/min.btf"
	"$sockeye" btf --minimise --btf "$tmp/min.btf" >"$tmp/again.btf"
	check "minimised twice" cmp "$tmp/min.btf" "$tmp/again.btf"
	"$sockeye" doctor --fields | grep -v '^# from' >"$tmp/whole"
	"$sockeye" doctor --fields --btf "$tmp/min.btf" |
		grep -v '^# from' >"$tmp/part"
	check "fields of minimised BTF" cmp "$tmp/whole" "$tmp/part"
	check "size of minimised BTF" \
		test "$(wc -c <"$tmp/min.btf")" -lt 16384
	LC_ALL=C sed 's/sockeye_build_id_[0-9a-f]\{8\}/sockeye_build_id_01234567/' \
		"$tmp/min.btf" >"$tmp/other.btf"
	if ! cmp -s "$tmp/min.btf" "$tmp/other.btf"; then
		says 1 "of another kernel" doctor --fields \
			--btf "$tmp/other.btf"
		check "--force" "$sockeye" doctor --fields --force \
			--btf "$tmp/other.btf"
	fi
	if command -v bpftool >/dev/null 2>&1 && bpftool btf help \
			>/dev/null 2>&1; then
		check "bpftool" bpftool btf dump file "$tmp/min.btf"
	fi
fi

# discovery: usage; what it finds takes root and is in t/live
says 2 "goes with --fields" doctor --check
says 2 "no value for" doctor --record

# a full disk and a closed pipe, where output needs no root
if [ -w /dev/full ]; then
	"$sockeye" replay "$cap" >/dev/full 2>"$tmp/err"
	got=$?
	if [ "$got" -eq 1 ] && grep -q 'No space left' "$tmp/err"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: full disk: exit $got" >&2
	fi
fi
# so is a limit to the size of files, which has a signal of its own
(ulimit -f 1; "$sockeye" tcplife --help >"$tmp/out" 2>/dev/null)
check "ulimit -f: exit 1" test $? -eq 1
got=$({ "$sockeye" replay "$cap"; echo $? >"$tmp/status"; } | head -n 1 |
	wc -l; cat "$tmp/status")
case $(echo "$got" | tr '\n' ' ') in
'1 0 ') passed=$((passed + 1)) ;;
*)
	failed=$((failed + 1))
	echo "FAIL: closed pipe: $got" >&2
	;;
esac
check "replay --help: each option once" \
	test -z "$("$sockeye" replay --help | grep -o -e '--[a-z-]*' |
		   sort | uniq -d)"
# offers WORDS WORD... - what bash completes the last of them to
offers()
{
	words=$1
	shift
	# shellcheck disable=SC2016
	got=$(cd "$top" && bash -c '. contrib/bash-completion/sockeye
		COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		_sockeye "$1"; echo "${COMPREPLY[*]}"' bash "$tmp/sockeye" "$@")
	check "completion of '$*' is '$words', not '$got'" \
		test "$words" = "$got"
}
if command -v bash >/dev/null 2>&1; then
	ln -s "$sockeye" "$tmp/sockeye"
	offers tcplife sockeye tcplif
	offers tcplife sockeye help tcplif
	offers --format sockeye tcplife --forma
	offers 'table' sockeye tcplife -F t
	offers duration_ns sockeye tcplife -o dur
	offers NEWS sockeye tcplife -W NEW
	offers NEWS sockeye gethostlatency --lib NEW
	[ ! -e /sys/class/net/lo ] || offers lo sockeye netsize --dev lo
fi
# man pages that stand in the source are those that it prints now
for page in "$top"/contrib/man/*.8; do
	[ -f "$page" ] || continue
	tool=$(basename "$page" .8 | sed 's/^sockeye-*//')
	# of a tool that is gone a page may be left; no list has it
	[ -z "$tool" ] || "$sockeye" --list | grep -qx -e "$tool" || continue
	# shellcheck disable=SC2086
	"$sockeye" help --man $tool >"$tmp/page"
	check "$(basename "$page") is what is printed now" \
		cmp "$page" "$tmp/page"
done
if command -v groff >/dev/null 2>&1; then
	for tool in $("$sockeye" --list); do
		"$sockeye" help --man "$tool" >"$tmp/$tool.8"
	done
	check "groff: no warnings" test -z \
		"$(groff -man -ww -Tutf8 "$tmp"/*.8 2>&1 >/dev/null)"
fi
# the recording alone is on stdout; nothing runs in the kernel for it, and
# nobody has such a namespace
"$sockeye" sosnap -q -N inode:1 -W - >"$tmp/cap" 2>/dev/null
check "sosnap -W -" "$sockeye" replay --csv - <"$tmp/cap"
check "sosnap -W -: header and no row" test "$(wc -l <"$tmp/out")" -eq 1
# what there is, the README names
for tool in $("$sockeye" list | sed -n 's/^\([a-z0-9]\{1,\}\) .*/\1/p'); do
	if grep -q "	$tool	" "$top/README"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: README has no $tool" >&2
	fi
done
echo "t/cli.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
