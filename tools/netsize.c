/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

#define ATTEMPTS "attempts that the driver turned down count, too"

static const struct way nic_recv[] = {
	{ .hooks = "rt:napi_gro_receive_entry rt:napi_gro_frags_entry" },
	{ .hooks = "t:net:napi_gro_receive_entry t:net:napi_gro_frags_entry" },
}, recv[] = {
	{ .hooks = "rt:netif_receive_skb" },
	{ .hooks = "t:net:netif_receive_skb" },
}, send[] = {
	{ .hooks = "rt:net_dev_queue" },
	{ .hooks = "t:net:net_dev_queue" },
}, given[] = {
	{ .hooks = "rt:net_dev_start_xmit" },
	{ .hooks = "t:net:net_dev_start_xmit" },
}, nic_send[] = {	/* the packet itself may be gone by then */
	{ .hooks = "rt:net_dev_xmit", .of = "arg3:u32",
	  .where = "arg1:s32==0" },
	{ .hooks = "t:net:net_dev_xmit", .of = "args.len",
	  .where = "args.rc==0" },
	{ .hooks = "rt:net_dev_start_xmit", .note = ATTEMPTS },
	{ .hooks = "t:net:net_dev_start_xmit", .of = "args.len",
	  .note = ATTEMPTS },
}, busy[] = {
	{ .hooks = "rt:net_dev_xmit", .where = "arg1:s32!=0" },
	{ .hooks = "t:net:net_dev_xmit", .where = "args.rc!=0" },
};

#define SIZES(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_HIST, .by = "dev",	\
	  .of = "l2len", .unit = "bytes", WAYS(ways_) }
#define SEGS(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_STATS, .by = "dev",	\
	  .of = "segs", .unit = "packets", WAYS(ways_) }

static const struct part parts[] = {
	SIZES("nic_recv_bytes", "a driver hands a packet to GRO", nic_recv),
	SIZES("recv_bytes", "a packet is received", recv),
	SIZES("send_bytes", "a packet is queued to be sent", send),
	SIZES("nic_send_bytes", "a driver has taken a packet", nic_send),
	SEGS("recv_segs", "a packet is received", recv),
	SEGS("nic_send_segs", "a driver is given a packet", given),
	{ .name = "nic_send_failed", .text = "a driver turns a packet down",
	  .what = ASK_COUNT, .by = "dev", .optional = true, WAYS(busy) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all devices" },
	{ "--dev eth0 -i 1", "one device, each second" },
	{ "--by dev,ether", "by protocol, too: IP, IPv6, ARP" },
	{ "--where 'l2len>1514'", "larger than an Ethernet frame: by GRO, "
	  "GSO" },
	{ 0 }
};

const struct tool tool_netsize = {
	.name = "netsize",
	.summary = "packet sizes at drivers and at the stack, per device",
	.about = "Histograms of the sizes of packets, for each network "
		"device: received from drivers that use GRO (nic_recv_bytes) "
		"and by the stack (recv_bytes), queued to be sent "
		"(send_bytes) and taken by the driver (nic_send_bytes).  What "
		"is larger in recv_bytes was put together by GRO; what is "
		"smaller in nic_send_bytes was cut up by GSO, unless the "
		"device does that itself (TSO).  Sizes are bytes with the "
		"link-layer header and without checksum, in both directions, "
		"as `ip -s link' counts them.  Attempts that the driver turned "
		"down are not in nic_send_bytes, but counted apart "
		"(nic_send_failed).\n"
		"recv_segs and nic_send_segs tell of how many packets on the "
		"wire those are: the average is by what factor GRO has put "
		"them together, or GSO and TSO will cut them up (attempts "
		"that the driver turns down count, too).  Without BTF each "
		"counts as one.\n"
		"Devices that stand on others (bonds, bridges, VLANs) and "
		"those of no hardware (lo, veth) have maps of their own; "
		"drivers without GRO have no nic_recv_bytes.",
	.overhead = "Two microseconds per packet.",
	REQUEST_DEV, .parts = parts, .examples = examples,
};
