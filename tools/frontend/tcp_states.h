/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What sk_state is called when the socket is one of TCP's:
 * include/net/tcp_states.h.
 */
#ifndef SOCKEYE_TCP_STATES_H
#define SOCKEYE_TCP_STATES_H

#define TCP_STATES(X)							\
	X(1, "ESTABLISHED") X(2, "SYN_SENT") X(3, "SYN_RECV")		\
	X(4, "FIN_WAIT1") X(5, "FIN_WAIT2") X(6, "TIME_WAIT")		\
	X(7, "CLOSE") X(8, "CLOSE_WAIT") X(9, "LAST_ACK")		\
	X(10, "LISTEN") X(11, "CLOSING") X(12, "NEW_SYN_RECV")		\
	X(13, "BOUND_INACTIVE")

#endif
