#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Bytes of code, data and zeros by folder, before the linker drops what is
# not used, and of the program.
#
# usage: size.sh OBJECT... PROGRAM
set -eu

for f; do
	case $f in
	*.o) ;;
	*) prog=$f ;;
	esac
done

# The kernel's programs apart from the code of progs/.
${SIZE:-size} "$@" | awk -v prog="$prog" '
NR == 1 { next }
$6 == prog { text = $1; data = $2; bss = $3; next }
{
	f = $6
	sub("/[^/]*$", "", f)
	if ($6 ~ /\.spec\.o$/)
		f = f " (specs)"
	t[f] += $1
	d[f] += $2
	b[f] += $3
}
END {
	printf "%-20s %10s %10s %10s\n", "folder", "text", "data", "bss"
	for (f in t)
		printf "%-20s %10d %10d %10d\n", f, t[f], d[f], b[f] | "sort"
	close("sort")
	printf "%-20s %10d %10d %10d\n", prog, text, data, bss
}'
strip_to=${TMPDIR:-/tmp}/sockeye-size.$$
trap 'rm -f "$strip_to"' EXIT
${STRIP:-strip} -o "$strip_to" "$prog"
printf '%-20s %10d\n' "file, stripped" "$(wc -c <"$strip_to")"
