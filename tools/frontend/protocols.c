/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPPROTO_..., as /etc/protocols calls them; others are shown as numbers. */
#include "progs/event.h"
#include "tools/tool.h"

const char *const proto_names[] = {
	[0] = "ip", "icmp", "igmp", "", "ipip", "", "tcp",
	[7 ... 16] = "",
	[17] = "udp",
	[18 ... 32] = "",
	[33] = "dccp",
	[34 ... 40] = "",
	[41] = "ipv6",
	[42 ... 46] = "",
	[47] = "gre", "", "", "esp", "ah",
	[52 ... 57] = "",
	[58] = "icmp6",
	[59 ... 88] = "",
	[89] = "ospf",
	[90 ... 111] = "",
	[112] = "vrrp",
	[113 ... 114] = "",
	[115] = "l2tp",
	[116 ... 131] = "",
	[132] = "sctp",
	[133 ... 135] = "",
	[136] = "udplite",
	[137 ... 254] = "",
	[255] = "raw",
	[256 ... 261] = "",
	[262] = "mptcp",
	[263] = NULL
};

const char *const ether_names[] = {
	"", [ETHER_IPV4] = "ip", [ETHER_IPV6] = "ip6", [ETHER_ARP] = "arp",
	[ETHER_VLAN] = "vlan", [ETHER_QINQ] = "qinq", [ETHER_MPLS] = "mpls",
	[ETHER_PPPOE] = "pppoe", [ETHER_EAPOL] = "eapol",
	[ETHER_LLDP] = "lldp", NULL
};
