#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What check scripts start with; sourced by them.  Sets sockeye, top, tmp (a
# folder that goes when the script ends) and the counts passed and failed.
# shellcheck disable=SC2034

: "${builddir:?}"
sockeye=${SOCKEYE:-$builddir/sockeye}
top=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0
passed=0
