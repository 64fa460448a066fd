#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# usage: levels.sh MAKE [ARGUMENT]...
#
# The live cases on this machine's kernel and on Debian's; one kernel's lack is
# then the other's to show.  Called by "make check" with builddir set.
set -u

dir=$(mktemp -d "${TMPDIR:-/tmp}/sockeye-levels.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

# said NAME COMMAND... - its words on the screen and in a file of that name
said()
{
	name=$1
	shift
	{ "$@" 2>&1; echo $? >"$dir/status"; } | tee "$dir/$name"
	return "$(cat "$dir/status")"
}

said this-kernel "$@" check-live || exit
said amd64-6.1 "$@" check-vm ROW=amd64-6.1 || exit
sh "$(dirname "$0")/proved.sh" "$dir/this-kernel" "$dir/amd64-6.1"
