#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The house stands as designed: who includes whom, who makes which system
# call, and every public header compiles alone.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
bad=0

complain()
{
	echo "t/includes.sh: $*" >&2
	bad=1
}

# edges FOLDER ALLOWED-ERE - nothing in FOLDER includes what is not allowed
edges()
{
	for f in "$1"/*.[ch] "$1"/*/*.[ch]; do
		[ -f "$f" ] || continue
		case $f in *.spec.c) continue ;; esac
		sed -n 's/^#[ 	]*include[ 	]*"\(.*\)".*/\1/p' "$f" |
		grep -E -v "^($2)\$" | sed "s|^|$f includes |"
	done
}

# A private header is named with its folder or bare: "insn_int.h".
out=$(
	edges insn 'insn/[a-z_]*\.h|[a-z_]*\.h'
	edges btf 'btf/[a-z_]*\.h|[a-z_]*\.h'
	edges loader '(insn/insn|btf/btf|btf/discover|loader/[a-z_]*|[a-z_]*)\.h'
	edges progs '(insn/insn|btf/btf|loader/loader|progs/[a-z0-9_.]*|[a-z0-9_]*)\.h'
	edges tools '(insn/insn|btf/(btf|discover)|loader/(loader|discover|symbols)|(progs|tools|tools/frontend)/[a-z0-9_]*|[a-z0-9_]*)\.h'
	# whoever names another folder's private header by its bare name
	for f in */*.[ch] */*/*.[ch]; do
		sed -n 's|^#.*include.*"\([a-z_/]*_int\.h\)".*|\1|p' "$f" |
		while read -r h; do
			case $f in t/*) continue ;; esac
			[ -f "$(dirname "$f")/$(basename "$h")" ] ||
				echo "$f includes $h"
		done
	done
)
[ -z "$out" ] || complain "not allowed:
$out"

# owner COUNT ERE WHERE... - at most COUNT files of WHERE match, none elsewhere
owner()
{
	count=$1 re=$2
	shift 2
	got=$(grep -l -E "$re" insn/*.[ch] btf/*.[ch] loader/*.[ch] \
		progs/*.[ch] tools/*.[ch] tools/*/*.[ch] 2>/dev/null)
	for f in $got; do
		case " $* " in
		*" ${f%%/*} "* | *" $f "*) ;;
		*) complain "$f: only $* may have $re" ;;
		esac
	done
	# shellcheck disable=SC2086
	set -- $got
	[ $# -le "$count" ] || complain "$re in more than $count files: $got"
}

owner 1 '^#.*include <(libelf|gelf|elfutils/.*)\.h>' loader/elf.c
owner 1 '(SYS|__NR)_bpf\>' loader
owner 1 '(SYS|__NR)_perf_event_open\>' loader

# Leaves make no system calls and print to nobody.
out=$(grep -n -E '<(fcntl|unistd|sys/(ioctl|mman|socket|stat|syscall))\.h>|\<(printf|puts|exit|abort)\(' \
	insn/*.[ch] btf/*.[ch])
[ -z "$out" ] || complain "a leaf calls the world:
$out"
out=$(grep -n -E '\<(printf|puts|perror|exit|abort)\(|\<std(out|err)\>' \
	loader/*.[ch])
[ -z "$out" ] || complain "the loader prints or exits:
$out"

# shellcheck disable=SC2086
for h in insn/*.h btf/*.h loader/*.h progs/*.h tools/*.h tools/frontend/*.h; do
	[ -f "$h" ] || continue
	case $h in
	# for clang's BPF target, and a list that is no header by itself
	progs/kernel.h | progs/*bpf*.h | tools/registry.h) continue ;;
	esac
	echo "#include \"$h\"" |
	${CC:-cc} ${CPPFLAGS-} -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra \
		-fsyntax-only -x c - || complain "$h does not compile alone"
done

[ "$bad" -ne 0 ] || echo "t/includes.sh: 1 passed, 0 failed"
exit "$bad"
