#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A live case that is ended, by SIGTERM here, leaves no file behind.  Needs
# root, and is called by t/live.sh.
set -u

# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/lib.sh"
live=${LIVE:-$builddir/t/live/live}

# A sockeye that begins its recording, and nothing else.
cat >"$tmp/slow" <<-'END'
	#!/bin/sh
	while [ $# -gt 0 ]; do
		[ "$1" != -W ] || : >"$2"
		shift
	done
	: >"$0.ready"
	exec sleep 100
END
chmod +x "$tmp/slow"
mkdir "$tmp/files"
TMPDIR=$tmp/files "$live" -s "$tmp/slow" replay >"$tmp/out" 2>&1 &
n=0
while [ ! -e "$tmp/slow.ready" ] && [ $n -lt 100 ]; do
	sleep 0.1
	n=$((n + 1))
done
find "$tmp/files" -name 'live.*' >"$tmp/during"
kill -TERM $!
wait $!
got=$?
find "$tmp/files" -mindepth 1 >"$tmp/after"
if [ "$got" -eq 1 ] && [ -s "$tmp/during" ] && [ ! -s "$tmp/after" ]; then
	passed=1
else
	failed=1
	echo "FAIL: live, ended: exit $got (want 1), left:" >&2
	cat "$tmp/after" "$tmp/out" >&2
fi
echo "t/leftover.sh: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
