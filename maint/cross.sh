#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Static builds of the program and of the live tests' driver for the machines
# that check-vm boots, in cross/TRIPLET of the build directory.  The source is
# cross/src: a copy, since a source directory that was configured itself takes
# no other build directories.
#
# A machine whose build fails is told, and left without a program: its rows
# fail, the others are tested.
#
# usage: cross.sh TRIPLET...
set -eu

# make's own are for this machine
unset CC CPPFLAGS

for t; do
	if ! command -v "$t-gcc" >/dev/null &&
	   [ "${t%%-*}" != "$(uname -m)" ]; then
		echo "cross.sh: no $t-gcc (Debian: gcc-$(echo "$t" |
			tr _ -))" >&2
		continue
	fi
	how=--host=$t
	# What is shipped is linked with musl; so is what is tested.
	[ "${t%%-*}" != "$(uname -m)" ] || ! command -v musl-gcc >/dev/null ||
		how=CC=musl-gcc
	mkdir -p "cross/$t"
	(
		cd "cross/$t"
		[ -f config.status ] || ../src/configure -q "$how" \
			--enable-static --without-check --without-libelf
		make -s all t/live/live
	) >"cross/$t.log" 2>&1 || {
		# Nothing to test is better than testing yesterday's.
		rm -f "cross/$t/sockeye"
		tail -n 20 "cross/$t.log" >&2
		echo "cross.sh: $t: not built, see cross/$t.log" >&2
	}
done
