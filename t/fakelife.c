/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "fakelife.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const char *const states[] = { "CLOSED", "", "OPEN", NULL };
static const char *const whys[] = { "none", "reset, by peer", NULL };

static const struct column columns[] = {
	COL_PID(struct fakelife_event),
	COL_COMM(struct fakelife_event, 10, 0),
	COL_IP(struct fakelife_event, 0),
	COL(struct fakelife_event, flow.laddr, K_ADDR, 15, "laddr", "LADDR",
	    C_LEFT, "local address"),
	COL(struct fakelife_event, flow.lport, K_PORT, 5, "lport", "LPORT",
	    C_LEFT, "local port"),
	COL(struct fakelife_event, flow.raddr, K_ADDR, 15, "raddr", "RADDR",
	    C_LEFT | C_KEY | C_ZERO, "remote address"),
	COL(struct fakelife_event, flow.rport, K_PORT, 5, "rport", "RPORT",
	    C_LEFT | C_KEY, "remote port"),
	COL(struct fakelife_event, kb, K_KB, 7, "tx_bytes", "TX_KB", C_SUM,
	    "bytes sent"),
	COL(struct fakelife_event, ms, K_MS, 8, "duration_ns", "MS", C_SUM,
	    "how long it lived"),
	COL_ENUM(struct fakelife_event, state, states, 6, "state", "STATE",
		 C_LEFT, "state of the socket"),
	COL(struct fakelife_event, err, K_ERRNO, 12, "err", "ERR", C_LEFT,
	    "how it failed"),
	COL(struct fakelife_event, flow.raddr, K_NAME, 8, "query", "QUERY",
	    C_LEFT | C_DNS, "name of the remote address"),
	COL(struct fakelife_event, bytes, K_BYTES, 5, "rx_bytes", "RX",
	    C_HIDDEN | C_WIDE, "bytes received"),
	COL_TID(struct fakelife_event),
	COL_UID(struct fakelife_event),
	COL_NETNS(struct fakelife_event),
	COL_CGROUP(struct fakelife_event),
	COL_ID(struct fakelife_event),
	COL(struct fakelife_event, hex, K_HEX64, 18, "cookie", "COOKIE",
	    C_HIDDEN | C_ZERO, "a cookie"),
	COL(struct fakelife_event, u64, K_U64, 5, "big", "BIG", C_HIDDEN,
	    "a number"),
	COL(struct fakelife_event, s32, K_S32, 5, "delta", "DELTA", C_HIDDEN,
	    "a number with a sign"),
	COL(struct fakelife_event, u16, K_U16, 5, "half", "HALF", C_HIDDEN,
	    "a short number"),
	COL(struct fakelife_event, u8, K_U8, 3, "tiny", "TINY", C_HIDDEN,
	    "a byte"),
	COL_ENUM(struct fakelife_event, why, whys, 5, "why", "WHY", C_HIDDEN,
		 "why it ended"),
	COL(struct fakelife_event, kstack, K_KSTACK, 0, "kstack", "KSTACK",
	    C_HIDDEN, "where the kernel was"),
	COL(struct fakelife_event, ustack, K_USTACK, 0, "ustack", "USTACK",
	    C_HIDDEN, "where the process was"),
	COL(struct fakelife_event, where, K_KSYM, 16, "where", "WHERE",
	    C_HIDDEN | C_LEFT | C_ZERO, "an address in the kernel"),
	COL(struct fakelife_event, proto, K_COMM, 8, "proto", "PROTO",
	    C_HIDDEN | C_LEFT, "a longer name"),
	COL(struct fakelife_event, s64, K_S64, 5, "far", "FAR", C_HIDDEN,
	    "a long number with a sign"),
	{ .key = NULL },
};

const struct tool fakelife_tool = {
	.name = "fakelife",
	.summary = "shows what does not happen",
	.filters = F_FLOW,
	.flags = T_DNS | T_COUNT | T_STACKS,
	.columns = columns,
	.event_size = sizeof(struct fakelife_event),
	.flow_off = offsetof(struct fakelife_event, flow),
};

const struct capture_info fakelife_info = {
	.tool = "fakelife", .version = "0.1", .machine = "x86_64",
	.release = "6.1.0-13-amd64", .map_entries = 1009,
	/* 2026-01-02T03:04:05.123456789Z at ns 5 * 10^9 */
	.clocks = {
		.start_ns = 5000000000,
		.wall_offset_ns = 1767323045123456789 - 5000000000,
	},
	.boot_offset_ns = -7,
};

const struct tool *fakelife_find(const char *name)
{
	return strcmp(name, fakelife_tool.name) ? NULL : &fakelife_tool;
}

void fakelife_fill(struct fakelife_event *ev, unsigned i)
{
	static const uint8_t l[16] = { [10] = 0xff, [11] = 0xff, [12] = 10,
				       [15] = 1 };
	static const uint8_t r[16] = { 0x20, 1, 0xd, 0xb8, [15] = 0x42 };

	memset(ev, 0, sizeof(*ev));
	ev->event.ns = 5000000000 + i * 1000001ull;
	ev->event.len = sizeof(*ev);
	ev->event.type = EVENT_ROW;
	ev->event.cpu = (uint16_t)(i % 3);
	memcpy(ev->flow.laddr, i % 2 ? r : l, 16);
	ev->flow.laddr[15] = 1;
	memcpy(ev->flow.raddr, i % 2 ? r : l, 16);
	ev->flow.raddr[15] = (uint8_t)(2 + i % 7);
	ev->flow.lport = (uint16_t)(40000 + i);
	ev->flow.rport = 443;
	ev->flow.family = i % 2 ? AF_INET6 : AF_INET;
	ev->flow.protocol = 6;
	ev->flow.netns = 4026531840u;
	ev->flow.owned = i % 5 != 4;
	ev->flow.pid = 1000 + i;
	ev->flow.tid = 1001 + i;
	ev->flow.uid = 33;
	ev->flow.cgroup = 77;
	ev->flow.id = 0xfeedf00ddeadbeefu;
	memcpy(ev->flow.comm, "curl", 4);
	ev->bytes = 1000 + i;
	ev->kb = 1264 + i;
	ev->ms = (i % 3 == 2 ? 1ull << 63 : 0) + 12345678 + i;
	ev->hex = 0x1234;
	ev->u64 = UINT64_MAX - i;
	ev->s32 = -5 - (int32_t)i;
	ev->err = i % 4 == 3 ? -EPIPE : 0;
	ev->u16 = 65535;
	ev->u8 = 255;
	ev->state = i % 4 == 1 ? 2 : 0;
	ev->why = 1;
	ev->s64 = -5000000000 - (int64_t)i;
	ev->kstack = 7;
	ev->ustack = i % 2 ? -EFAULT : 7;
	ev->where = 0xffffffff81000010u;
	memcpy(ev->proto, "a_protocol_of_quite_some_length", 31);
}
