#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# ./bootstrap on machines that lack packages, which a play of apt stands for:
# without what the build needs it stops, without what only tests want it does
# not.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"

src=$tmp/src bin=$tmp/bin
mkdir -p "$src/maint" "$bin"
cp "$top/bootstrap" "$src" && cp "$top/maint/packages" "$src/maint" || exit 1
: >"$src/maint/gen-tools.sh"
for c in awk cat dirname grep mkdir sh tr; do
	ln -s "$(command -v $c)" "$bin/$c"
done

# play NAME - a command, or a file of the source, that does what stdin says
play()
{
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

# The packages of a group that apt knows, one a line.
group()
{
	awk -v g="$1" '$1 == g && $2 != "-" { print $2 }' "$top/maint/packages"
}

play "$src/configure" <<-'END'
	echo configured
END
play "$bin/autoreconf" <<-'END'
END
play "$bin/id" <<-'END'
	echo "$USER_ID"
END
play "$bin/dpkg-query" <<-'END'
	grep -qx -e "$3" "$HAVE" && echo 'install ok installed'
END
# All or nothing, as apt does it.
play "$bin/apt-get" <<-'END'
	echo "apt-get $*" >&2
	case $* in
	*update) exit "$UPDATE" ;;
	esac
	for p; do
		case $p in
		-* | install) ;;
		*) grep -qx -e "$p" "$CAN" || exit 100 ;;
		esac
	done
	for p; do
		echo "$p" >>"$HAVE"
	done
END

# compilers - those that bootstrap looks for
compilers()
{
	for c in autoconf automake make clang gcc; do
		play "$bin/$c" <<-'END'
		END
	done
}

# run UPDATE USER_ID [OPTION]... - with $tmp/have and $tmp/can
run()
{
	update=$1 user=$2
	shift 2
	env -i PATH="$bin" HAVE="$tmp/have" CAN="$tmp/can" UPDATE="$update" \
		USER_ID="$user" sh "$src/bootstrap" "$@" >"$tmp/out" 2>&1
	got=$?
}

# ends STATUS WHAT [PATTERN]... - so it ended, and said all that
ends()
{
	want=$1 what=$2
	shift 2
	bad=
	for pattern; do
		grep -q -e "$pattern" "$tmp/out" || bad="$bad; no '$pattern'"
	done
	if [ "$got" -eq "$want" ] && [ -z "$bad" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL: bootstrap, $what: exit $got (want $want)$bad:" >&2
	cat "$tmp/out" >&2
}

: >"$tmp/have"
: >"$tmp/can"
run 100 1000
ends 1 "not root, nothing there" 'missing: autoconf automake make clang gcc' \
	'^  apt-get install gcc ' '^  dnf install gcc ' '^  apk add gcc ' \
	'^  pacman -S --needed gcc '

compilers
{ group build; group test; group vm; group bench; } >"$tmp/can"
run 0 0
ends 0 "nothing there, all to be had" '^configured'
sort "$tmp/can" >"$tmp/all"
grep -v -e '^-' -e '^install$' "$tmp/have" | sort | cmp -s - "$tmp/all"
got=$?
ends 0 "all of it is installed"

{ group build; group test; } >"$tmp/have"
: >"$tmp/can"
run 100 0
ends 0 "no network, what the build needs is there" '^configured' \
	'^bootstrap: bpftrace could not be installed'

: >"$tmp/have"
grep -v libclang-rt-dev "$tmp/all" >"$tmp/can"
run 0 0
ends 0 "a package for tests that there is not" '^configured' \
	'^bootstrap: libclang-rt-dev could not be installed'
grep -qx check "$tmp/have"
got=$?
ends 0 "the others are installed"

: >"$tmp/have"
grep -vx libelf-dev "$tmp/all" >"$tmp/can"
run 0 0
ends 100 "a package for the build that there is not"
! grep -q configured "$tmp/out"
got=$?
ends 0 "nothing is configured then"

run 100 0 --no-install --with-x
ends 0 "--no-install" '^configured'
! grep -q apt-get "$tmp/out"
got=$?
ends 0 "--no-install asks for nothing"
echo "t/bootstrap.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
