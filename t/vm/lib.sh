# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034
#
# What kernel, run and selftest.sh share: rows, the cache, messages.
# Whoever reads this file has set $here to its directory.

: "${here:?}"
me=${0##*/}
cache=${SOCKEYE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sockeye/vm}

# 125: it is the rig that failed, not the command.
die() {
	echo "vm/$me: $*" >&2
	exit 125
}

need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$1: not found (Debian package ${2:-$1})"
}

row_names() {
	sed -n 's/^\([a-z0-9][^ |]*\) *|.*/\1/p' "$here/rows"
}

# Expand @name in a list of modules.
expand() {
	for _m in "$@"; do
		case $_m in
		@*)	_l=$(sed -n "s/^$_m = //p" "$here/rows")
			[ -n "$_l" ] || die "rows: no list $_m"
			# shellcheck disable=SC2086
			expand $_l ;;
		*)	echo "$_m" ;;
		esac
	done
}

# Set row_* from the row called $1, or, for a kernel of the user's own
# ($KERNEL), from the last row of its architecture ($ARCH).
row_read() {
	if [ -n "${KERNEL-}" ]; then
		_line=$(awk -F '|' -v a="${ARCH:-$(uname -m)}" '
			BEGIN { if (a == "x86_64") a = "amd64"
				if (a == "aarch64") a = "arm64" }
			/^[^#@]/ && NF == 9 {
				v = $3; gsub(/ /, "", v); if (v == a) l = $0 }
			END { print l }' "$here/rows")
		[ -n "$_line" ] || die "no row of architecture ${ARCH-}"
	else
		_line=$(awk -F '|' -v n="$1" '
			/^[^#@]/ { v = $1; gsub(/ /, "", v)
				   if (v == n) print }' "$here/rows")
		[ -n "$_line" ] ||
			die "no row $1; there are:" "$(row_names | tr '\n' ' ')"
	fi
	row_name=${1:-user}
	IFS='|' read -r _ row_suites row_arch row_package row_qemu row_chan \
		row_triplet row_tcg row_modules <<-EOF
	$_line
	EOF
	for _v in arch package triplet; do
		eval "row_$_v=\$(echo \$row_$_v)"
	done
	# shellcheck disable=SC2086
	set -- $row_chan
	row_channel=$1 row_console=$2 row_spare=${3-}
	# shellcheck disable=SC2086
	row_modules=$(expand $row_modules | tr '\n' ' ') || exit 125
}

# lock NAME: one at a time, until the process ends. Descriptor 8.
lock() {
	mkdir -p "$cache" || die "cannot make $cache"
	exec 8>"$cache/$1.lock"
	flock 8
}

# built NAME COMPILER FLAG... SOURCE...: the path of that program, built if
# need be. It is kept in the cache under a sum of all that it is made from.
built() {
	_name=$1 _cc=$2
	shift 2
	_sum=$( (echo "$_cc $*"; cat "$here"/*.[ch]) | cksum | tr ' ' '-')
	_bin=$cache/bin/$_name-$_sum
	if [ ! -x "$_bin" ]; then
		need "${_cc%% *}"
		mkdir -p "$cache/bin"
		# shellcheck disable=SC2086
		(cd "$here" && $_cc -std=gnu11 -O2 -o "$_bin.$$" "$@") >&2 ||
			die "cannot build $_name with $_cc"
		mv "$_bin.$$" "$_bin"
	fi
	echo "$_bin"
}

# The compiler for what runs in the guest.
guest_cc() {
	if command -v "$row_triplet-gcc" >/dev/null 2>&1; then
		echo "$row_triplet-gcc"
	elif [ "$(dpkg --print-architecture 2>/dev/null)" = "$row_arch" ]; then
		echo "${CC:-cc}"
	else
		die "$row_triplet-gcc: not found (Debian packages" \
			"gcc-$row_triplet libc6-dev-$row_arch-cross)"
	fi
}
