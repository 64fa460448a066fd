#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Does the doctor say of each tool what its own --plan says, with the options
# and columns that some of its roles wait for, too?  Needs root, and is called
# by t/live.sh.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"

unshare -n "$sockeye" doctor >"$tmp/doctor" 2>"$tmp/err"
sed '1,/^tools$/d; /^features/,$d' "$tmp/doctor" >"$tmp/tools"

wrong()
{
	failed=$((failed + 1))
	echo "FAIL: doctor: $*" >&2
}

# names stand by themselves
for tool in $("$sockeye" --list); do
	if grep -q "^$tool  *\(yes\|no\)\$" "$tmp/tools"; then
		passed=$((passed + 1))
	else
		wrong "$(grep "^$tool" "$tmp/tools" || echo "no $tool")"
	fi
done

# roles TOOL - its block: each role, and "used" or "none"
roles()
{
	awk -v tool="$1" '/^[^ ]/ { in_it = $1 == tool; next }
		in_it { print $1, $2 == "none:" ? "none" : "used" }' \
		"$tmp/tools"
}

# same TOOL ARGUMENT... - what --plan says of roles, the doctor says
same()
{
	tool=$1
	"$sockeye" "$@" --plan -N inode:1 2>"$tmp/err" |
		awk '/^[^ ]/ { sub(":.*", ""); name = $0 }
			/^  (used|none)/ { sub(":", "", $1); print name, $1 }' \
			>"$tmp/plan"
	roles "$tool" >"$tmp/roles"
	[ -s "$tmp/plan" ] || wrong "$*: no plan: $(cat "$tmp/err")"
	while read -r line; do
		if grep -qx -e "$line" "$tmp/roles"; then
			passed=$((passed + 1))
		else
			wrong "$*: $line, but $(grep -e "^${line%% *} " \
				"$tmp/roles")"
		fi
	done <"$tmp/plan"
}

same bindsnoop --implicit
same gethostlatency
same gethostlatency --wire
same solisten -o +asked
same superping -o +queue_ns,device_ns
same tcpaccept --established
same tcpaccept -o +wait_ns
same tcpconnect
same tcpconnect --established
same tcpconnlat -x
same tcpwin --sent
same udpconnect --unconnected
echo "t/doctor.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
