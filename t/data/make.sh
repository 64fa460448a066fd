#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Make the objects of this folder again, from NAME.bpf.c, for both byte
# orders.  They are kept in the repository because another clang makes other
# code, and tests compare; these are from clang 14 and llvm-strip 14.
# Debugging information goes, .BTF stays.
#
# usage: make.sh [NAME]...
set -eu
cd "$(dirname "$0")"

uapi=/usr/include/$(gcc -print-multiarch)
[ $# -gt 0 ] || set -- *.bpf.c
for f; do
	name=$(basename "$f" .bpf.c)
	case $name in
	bad-*) orders=el ;;
	*) orders='el eb' ;;
	esac
	for order in $orders; do
		"${CLANG:-clang}" -target "bpf$order" -O2 -g -mcpu=v1 \
			-fno-stack-protector -fno-ident \
			-fdebug-compilation-dir=. -idirafter "$uapi" \
			-Wall -Wextra \
			-c "$name.bpf.c" -o "$name.$order.o"
		"${STRIP:-llvm-strip}" -g "$name.$order.o"
	done
done
