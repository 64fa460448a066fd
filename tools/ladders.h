/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hook ladders that several tools share: what is observed, and the ways to,
 * best first.  The programs of a tool that takes one define the functions
 * that it names.
 */
#ifndef SOCKEYE_LADDERS_H
#define SOCKEYE_LADDERS_H

#include "tools/tool.h"

/* on_state(sk, oldstate, newstate): any TCP state change. */
extern const struct role role_tcp_state;
/* on_accept(sk), on_accept_exit(fd), on_accept_call(regs, ret): a process
 * takes a TCP connection; shown the moment it does. */
extern const struct role role_tcp_accept;
/* on_accept, on_accept_exit, on_accept_call, on_io(sk): who takes a
 * connection, at the latest as it is first used. */
extern const struct role role_owner_accept;
/* on_connect(sk), on_state: who opens a connection. */
extern const struct role role_owner_connect;
/* on_destroy(sk): a TCP socket goes away. */
extern const struct role role_tcp_destroy;
/* on_dns_read(sk, skb), on_dns_packet(skb): --dns. */
extern const struct role role_dns;

#endif
