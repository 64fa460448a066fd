/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet filter and connection tracking, by nfnetlink. */
#include "net_int.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

/* ---- nf_tables --------------------------------------------------------- */

static void nft_init(struct request *q, uint16_t type, uint16_t flags,
		     int family)
{
	bool batch = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;
	struct nfgenmsg g = { .nfgen_family = family,
			      .version = NFNETLINK_V0 };

	if (batch)
		g.res_id = htons(NFNL_SUBSYS_NFTABLES);
	else
		type |= NFNL_SUBSYS_NFTABLES << 8;
	req_init(q, type, flags, &g, sizeof(g));
	/* one answer to the batch; errors are told anyway */
	if (!(flags & NLM_F_ACK))
		q->u.h.nlmsg_flags &= ~NLM_F_ACK;
}

static void nft_name(struct request *q, unsigned short type)
{
	req_add(q, type, "live", sizeof("live"));
}

static void nft_u32(struct request *q, unsigned short type, uint32_t v)
{
	v = htonl(v);
	req_add(q, type, &v, sizeof(v));
}

/* Table and chain at @hook, of which @policy is what becomes of a packet. */
static void nft_chain(struct request q[2], int family, unsigned hook,
		      uint32_t policy, uint16_t flags)
{
	struct rtattr *nest;

	nft_init(&q[0], NFT_MSG_NEWTABLE, NLM_F_CREATE, family);
	nft_name(&q[0], NFTA_TABLE_NAME);
	nft_init(&q[1], NFT_MSG_NEWCHAIN, NLM_F_CREATE | flags, family);
	nft_name(&q[1], NFTA_CHAIN_TABLE);
	nft_name(&q[1], NFTA_CHAIN_NAME);
	nest = req_add(&q[1], NFTA_CHAIN_HOOK | NLA_F_NESTED, NULL, 0);
	nft_u32(&q[1], NFTA_HOOK_HOOKNUM, hook);
	nft_u32(&q[1], NFTA_HOOK_PRIORITY, 0);
	req_end(&q[1], nest);
	nft_u32(&q[1], NFTA_CHAIN_POLICY, policy);
	req_add(&q[1], NFTA_CHAIN_TYPE, "filter", sizeof("filter"));
}

int netfilter_drop(int family, unsigned hook)
{
	struct request q[4];

	nft_init(&q[0], NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	nft_chain(&q[1], family, hook, NF_DROP, NLM_F_ACK);
	nft_init(&q[3], NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	return req_talk_to(NETLINK_NETFILTER, q, 4);
}

int netfilter_pass(int family)
{
	struct request q[3];

	nft_init(&q[0], NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	nft_init(&q[1], NFT_MSG_DELTABLE, NLM_F_ACK, family);
	nft_name(&q[1], NFTA_TABLE_NAME);
	nft_init(&q[2], NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	return req_talk_to(NETLINK_NETFILTER, q, 3);
}

/* A rule that asks for the state of a connection, and does nothing with it: the
 * kernel tracks connections where there is one. */
static void nft_rule(struct request *q, int family)
{
	struct rtattr *list, *rule, *data;

	nft_init(q, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK,
		 family);
	nft_name(q, NFTA_RULE_TABLE);
	nft_name(q, NFTA_RULE_CHAIN);
	list = req_add(q, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, NULL, 0);
	rule = req_add(q, NFTA_LIST_ELEM | NLA_F_NESTED, NULL, 0);
	req_add(q, NFTA_EXPR_NAME, "ct", sizeof("ct"));
	data = req_add(q, NFTA_EXPR_DATA | NLA_F_NESTED, NULL, 0);
	nft_u32(q, NFTA_CT_DREG, NFT_REG_1);
	nft_u32(q, NFTA_CT_KEY, NFT_CT_STATE);
	req_end(q, data);
	req_end(q, rule);
	req_end(q, list);
}

int netfilter_track(int family)
{
	struct request q[5];

	nft_init(&q[0], NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	nft_chain(&q[1], family, NF_INET_LOCAL_OUT, NF_ACCEPT, 0);
	nft_rule(&q[3], family);
	nft_init(&q[4], NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	return req_talk_to(NETLINK_NETFILTER, q, 5);
}

/* ---- ctnetlink --------------------------------------------------------- */

static void ct_init(struct request *q, uint16_t type, uint16_t flags,
		    int family)
{
	struct nfgenmsg g = { .nfgen_family = family,
			      .version = NFNETLINK_V0 };

	req_init(q, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags, &g,
		 sizeof(g));
}

static void ct_addr(struct request *q, unsigned short type, const char *text)
{
	struct in_addr in;

	inet_pton(AF_INET, text, &in);
	req_add(q, type, &in, sizeof(in));
}

static void ct_tuple(struct request *q, unsigned short type,
		     const struct ct_tuple *t)
{
	const uint16_t sport = htons(t->sport), dport = htons(t->dport);
	const uint8_t protocol = IPPROTO_UDP;
	struct rtattr *tuple, *part;

	tuple = req_add(q, type | NLA_F_NESTED, NULL, 0);
	part = req_add(q, CTA_TUPLE_IP | NLA_F_NESTED, NULL, 0);
	ct_addr(q, CTA_IP_V4_SRC, t->saddr);
	ct_addr(q, CTA_IP_V4_DST, t->daddr);
	req_end(q, part);
	part = req_add(q, CTA_TUPLE_PROTO | NLA_F_NESTED, NULL, 0);
	req_add(q, CTA_PROTO_NUM, &protocol, sizeof(protocol));
	req_add(q, CTA_PROTO_SRC_PORT, &sport, sizeof(sport));
	req_add(q, CTA_PROTO_DST_PORT, &dport, sizeof(dport));
	req_end(q, part);
	req_end(q, tuple);
}

int conntrack_add(const struct ct_tuple *original, const struct ct_tuple *reply)
{
	const uint32_t seconds = htonl(3600);
	const uint32_t status = htonl(IPS_CONFIRMED | IPS_SEEN_REPLY |
				      IPS_ASSURED);
	struct request q;

	ct_init(&q, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, AF_INET);
	ct_tuple(&q, CTA_TUPLE_ORIG, original);
	ct_tuple(&q, CTA_TUPLE_REPLY, reply);
	req_add(&q, CTA_TIMEOUT, &seconds, sizeof(seconds));
	req_add(&q, CTA_STATUS, &status, sizeof(status));
	return req_talk_to(NETLINK_NETFILTER, &q, 1);
}

int conntrack_flush(void)
{
	struct request q;

	ct_init(&q, IPCTNL_MSG_CT_DELETE, 0, AF_UNSPEC);
	return req_talk_to(NETLINK_NETFILTER, &q, 1);
}
