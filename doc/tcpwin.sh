#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Record tcpwin.rec of this folder anew: a connection through a router whose
# queue is short, in network namespaces of its own; needs root, iproute2 and
# python3.  What is in the README is drawn of it:
#
#	sockeye plot doc/tcpwin.rec -o doc/tcpwin.svg
#
# usage: tcpwin.sh SOCKEYE [FILE [OPTION]...]	(options of tcpwin)
set -eu

sockeye=$1
rec=${2:-$(dirname "$0")/tcpwin.rec}
[ $# -lt 2 ] || shift
shift
a=sender$$ r=router$$ b=receiver$$
trap 'for n in $a $r $b; do ip netns del $n; done' EXIT
for n in $a $r $b; do
	ip netns add "$n"
done
ip link add v0 netns $a type veth peer name v0 netns $r
ip link add v1 netns $r type veth peer name v0 netns $b
ip -n $a addr add 192.0.2.1/24 dev v0
ip -n $r addr add 192.0.2.254/24 dev v0
ip -n $r addr add 198.51.100.254/24 dev v1
ip -n $b addr add 198.51.100.1/24 dev v0
ip -n $a link set v0 up gso_max_segs 1
ip -n $b link set v0 up
for v in v0 v1; do
	ip -n $r link set $v up
done
ip -n $a route add default via 192.0.2.254
ip -n $b route add default via 198.51.100.254
ip netns exec $r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip netns exec $r tc qdisc add dev v1 root tbf rate 20mbit burst 4kb limit 100kb

ip netns exec $b python3 -c '
import socket
s = socket.create_server(("198.51.100.1", 443))
c, _ = s.accept()
while c.recv(65536):
    pass' &
rm -f "$rec"
mkfifo "$rec.ready"
"$sockeye" tcpwin -q -N $a -D 443 "$@" -W "$rec" --ready-fd 3 3>"$rec.ready" \
	>/dev/null &
tool=$!
read -r _ <"$rec.ready" || :
rm -f "$rec.ready"
ip netns exec $a python3 -c '
import socket, time
s = socket.socket()
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
while s.connect_ex(("198.51.100.1", 443)):
    time.sleep(0.1)
end = time.monotonic() + 6
while time.monotonic() < end:
    s.sendall(bytes(16384))
s.close()'
sleep 0.5
kill -INT $tool 2>/dev/null || :	# -m ends it, too
wait $tool
