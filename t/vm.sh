#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# usage: vm.sh [ROW]...		(t/vm/rows and t/vm/variants; none: $ROW, or all)
#        KERNEL=FILE [ARCH=ARCH] [MODULES=DIR] vm.sh
#        vm.sh --triplets [ROW]...
#        vm.sh --names
#
# All live cases in a virtual machine that holds nothing but sockeye and the
# test, system-wide.  Called by "make check-vm" with builddir set.  Builds
# nothing: both programs must be static, and of the row's machine.  They are
# taken from $builddir/cross/TRIPLET, if there is one (a build configured with
# --host=TRIPLET --enable-static), or else from $builddir.  With --triplets,
# print what machines to build for.
#
# KERNEL is an image of your own (see t/vm/README), tested on its own.
#
# SOCKEYE, LIVE: other programs.  EXTRA: more arguments for sockeye.
# CASES: not all of them.  VM_SECONDS: time for a row (default 5400).
# VM_OPTIONS: more options of t/vm/run.  JOBS: rows at once (default: as many
# as there are processors); each then says what it has to say at its end.
# BURST: connections of a burst; by default 100,000 for a row alone, less for
# each of many.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}

# lines FILE - without comments, continued lines joined
lines()
{
	sed -e :a -e '/^#/d' -e '/\\$/{N;s/[ 	]*\\\n[ 	]*/ /;ta' -e '}' "$1"
}

names()
{
	lines "$srcdir/t/vm/rows" | sed -n 's/^\([a-z0-9][^ |]*\) *|.*/\1/p'
	lines "$srcdir/t/vm/variants" | sed -n 's/^\([a-z0-9][^ |]*\) *|.*/\1/p'
}

# row_field NAME N - of the row
row_field()
{
	lines "$srcdir/t/vm/rows" | awk -F '|' -v name="$1" -v n="$2" '
		{ row = $1; gsub(/ /, "", row) }
		row == name { gsub(/^ +| +$/, "", $n); print $n }
	'
}

# Set row, triplet, cases, options, extra for the row or variant $1.
look_up()
{
	triplet=- cases=- options=- extra=-
	row=$(row_field "$1" 1)
	if [ -z "$row" ]; then
		# blanks around fields go
		IFS='|' read -r row triplet cases options extra <<-END
		$(lines "$srcdir/t/vm/variants" | sed -n "s/^$1 *| *//p" |
			sed 's/ *| */|/g')
		END
		row=$(row_field "$row" 1)
	fi
	if [ -z "$row" ]; then
		echo "vm.sh: no row $1; there are:" "$(names | tr '\n' ' ')" >&2
		return 1
	fi
	[ "$triplet" != - ] || triplet=$(row_field "$row" 7)
	[ "$cases" != - ] || cases=
	[ "$options" != - ] || options=
	[ "$extra" != - ] || extra=
}

# The last row of the architecture of the user's own kernel.
user_row()
{
	arch=${ARCH:-$(uname -m)}
	case $arch in
	x86_64)		arch=amd64 ;;
	aarch64)	arch=arm64 ;;
	esac
	lines "$srcdir/t/vm/rows" | awk -F '|' -v arch="$arch" '
		NF == 9 { name = $1; a = $3; gsub(/ /, "", a) }
		a == arch { gsub(/ /, "", name); last = name }
		END { print last }
	'
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
	look_up "$1" || return 1
	dir=${builddir:?}/cross/$triplet
	if [ -x "$dir/sockeye" ]; then
		sockeye=$dir/sockeye
		live=$dir/t/live/live
	else
		sockeye=${SOCKEYE:-$builddir/sockeye}
		live=${LIVE:-$builddir/t/live/live}
	fi
	is_static "$sockeye" && is_static "$live" || return 1
	extra="$extra${EXTRA:+ $EXTRA}"
	[ -z "${KERNEL-}" ] || row=
	# shellcheck disable=SC2086
	(cd "$srcdir" && t/vm/run $row -f "$sockeye:/bin/sockeye" \
		-f "$live:/bin/live" -t "${VM_SECONDS:-5400}" $options \
		${VM_OPTIONS-} -- /bin/live -s /bin/sockeye --system-wide \
		--again 2 --burst "${BURST:-100000}" \
		${extra:+--extra "$extra"} ${CASES-$cases})
}

if [ "${1-}" = --names ]; then
	names
	exit
fi
triplets=
if [ "${1-}" = --triplets ]; then
	triplets=yes
	shift
fi
# shellcheck disable=SC2046,SC2086
if [ -n "${KERNEL-}" ]; then
	# t/vm/run goes to the source; the name is of where we are.
	KERNEL=$(realpath "$KERNEL")
	[ -z "${MODULES-}" ] || MODULES=$(realpath "$MODULES")
	export KERNEL MODULES
	set -- $(user_row)
	[ $# -eq 1 ] || {
		echo "vm.sh: no row of architecture ${ARCH-}" >&2
		exit 1
	}
elif [ $# -eq 0 ]; then
	set -- ${ROW:-$(names)}
fi
if [ -n "$triplets" ]; then
	for name; do
		look_up "$name" || exit 1
		echo "$triplet"
	done | LC_ALL=C sort -u
	exit
fi

# one NAME - test it; what it says, and how long it took
one()
{
	begin=$(date +%s)
	echo "== ${KERNEL:+$KERNEL, like }$1"
	if run_row "$1"; then
		echo "== $1: passed, $(($(date +%s) - begin)) s"
	else
		echo "FAIL: $1, $(($(date +%s) - begin)) s"
		return 1
	fi
}

# Many rows keep all processors busy anyway; a guest with several, each a
# thread that waits for the others, is slowest of all then.
few_processors()
{
	look_up "$1" || return 1
	case $(row_field "$row" 8) in
	*thread=multi*)	echo '-c 1' ;;
	esac
}

# side_by_side DIR NAME - the same, said in one piece
side_by_side()
{
	VM_OPTIONS=${VM_OPTIONS-$(few_processors "$2")}
	if one "$2" >"$1/$2" 2>&1; then
		touch "$1/$2.passed"
	fi
	flock "$1" cat "$1/$2"
}

: "${builddir:?}"
set -f
if [ -n "${VM_SH_DIR-}" ]; then
	side_by_side "$VM_SH_DIR" "$1"
	exit 0
fi
if [ $# -eq 1 ]; then
	one "$1"
	exit
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-vm.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '%s\n' "$@" |
	VM_SH_DIR=$dir BURST=${BURST:-5000} xargs -n 1 -P "${JOBS:-$(nproc)}" sh "$0"
passed=$(find "$dir" -name '*.passed' | wc -l)
echo "check-vm: $passed rows passed, $(($# - passed)) failed"
[ "$passed" -eq $# ]
