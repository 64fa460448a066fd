/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_text - values to text, and the numbers that have names.
 */
#include "tools/frontend/ask_int.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/tcp_states.h"

#include <string.h>
#include <strings.h>

#define TEXT_MAX 256

/* ---- names ------------------------------------------------------------ */

/* include/linux/socket.h */
static const struct ask_enum_name families[] = {
	{ 1, "UNIX" }, { 2, "INET" }, { 10, "INET6" },
	{ ASK_AF_MAPPED, "INET6_MAPPED" }, { 15, "KEY" },
	{ 16, "NETLINK" }, { 17, "PACKET" }, { 21, "RDS" }, { 24, "PPPOX" },
	{ 26, "LLC" }, { 29, "CAN" }, { 30, "TIPC" }, { 31, "BLUETOOTH" },
	{ 33, "RXRPC" }, { 38, "ALG" }, { 39, "NFC" }, { 40, "VSOCK" }, { 41, "KCM" },
	{ 42, "QIPCRTR" }, { 43, "SMC" }, { 44, "XDP" }, { 45, "MCTP" },
	{ 0, "UNSPEC" }, { 0, NULL }
};

static const struct ask_enum_name states[] = {
#define X(number, name) { number, name },
	TCP_STATES(X)
#undef X
	{ 0, NULL }
};

/* include/uapi/linux/in.h, in6.h */
static const struct ask_enum_name protocols[] = {
	{ 1, "ICMP" }, { 6, "TCP" }, { 17, "UDP" }, { 58, "ICMPV6" },
	{ 2, "IGMP" }, { 4, "IPIP" }, { 33, "DCCP" }, { 41, "IPV6" },
	{ 47, "GRE" }, { 50, "ESP" }, { 51, "AH" }, { 115, "L2TP" },
	{ 132, "SCTP" }, { 136, "UDPLITE" }, { 255, "RAW" }, { 262, "MPTCP" },
	{ 0, NULL }
};

/* include/linux/interrupt.h */
static const struct ask_enum_name vectors[] = {
	{ 1, "TIMER" }, { 2, "NET_TX" }, { 3, "NET_RX" }, { 4, "BLOCK" },
	{ 5, "IRQ_POLL" }, { 6, "TASKLET" }, { 7, "SCHED" }, { 8, "HRTIMER" },
	{ 9, "RCU" }, { 0, "HI" }, { 0, NULL }
};

/* include/uapi/linux/if_ether.h */
static const struct ask_enum_name ethers[] = {
	{ 0x0800, "IP" }, { 0x86dd, "IPV6" }, { 0x0806, "ARP" },
	{ 0x8100, "8021Q" }, { 0x88a8, "8021AD" }, { 0x8847, "MPLS_UC" },
	{ 0x8864, "PPP_SES" }, { 0x888e, "PAE" }, { 0x88cc, "LLDP" },
	{ 0, NULL }
};

static const struct ask_enum family_names = { "AF_", "AF_", families },
	state_names = { "", "TCP_", states },
	protocol_names = { "", "IPPROTO_", protocols },
	vector_names = { "", "", vectors },
	ethertype_names = { "ETH_P_", "ETH_P_", ethers };

/* By the word that was asked for, or the member that it stands for. */
static const struct {
	const char *word, *member;
	const struct ask_enum *names;
} named[] = {
	{ "family", "__sk_common.skc_family", &family_names },
	{ "state", "__sk_common.skc_state", &state_names },
	{ "protocol", "", &protocol_names },
	{ "vector", "", &vector_names },
	{ "ether", "", &ethertype_names },
};

const struct ask_enum *ask_enum_of(const struct ask_value *v)
{
	const struct ask_step *last = v->steps + v->nsteps - 1;

	if (v->then == THEN_IPFAMILY || v->then == THEN_SA_FAMILY)
		return &family_names;
	for (size_t i = 0; i < COUNT(named); i++)
		if ((v->name && !strcmp(v->name, named[i].word)) ||
		    (v->nsteps && !strcmp(last->type, "struct sock") &&
		     !strcmp(last->path, named[i].member)))
			return named[i].names;
	return NULL;
}

const struct ask_enum_name *ask_enum_find(const struct ask_enum *names,
					  const char *word)
{
	size_t len = strlen(names->optional);
	const struct ask_enum_name *n;

	if (!strncasecmp(word, names->optional, len))
		word += len;
	for (n = names->names; n->name; n++)
		if (!strcasecmp(n->name, word))
			return n;
	return NULL;
}

/* ---- text ------------------------------------------------------------- */

/* @len bytes at @s, without what a terminal would obey. */
static void clean_text(char *buf, size_t buflen, const char *s, size_t len)
{
	size_t n = len < buflen - 1 ? len : buflen - 1;

	*put_clean(buf, s, n) = '\0';
}

static void enum_text(const struct ask_enum *names, uint64_t v, char *buf,
		      size_t len)
{
	char number[24];
	const struct ask_enum_name *n;

	for (n = names->names; n->name; n++)
		if (n->number == v) {
			snprintf(buf, len, "%s%s", names->prefix, n->name);
			return;
		}
	*put_u64(number, v) = '\0';
	snprintf(buf, len, "%s", number);
}

/* What a key called "err" holds: 0, or a negative errno. */
static bool is_error(const struct ask_value *v)
{
	return v->shape == SHAPE_S64 && v->name && !strcmp(v->name, "err");
}

static bool error_text(uint64_t number, char *buf, size_t len)
{
	const char *name = errno_name(0 - number);

	if ((int64_t)number < 0 && name)
		snprintf(buf, len, "%s", name);
	return (int64_t)number < 0 && name;
}

static bool of_hook(const struct ask_value *v)
{
	return v->from == FROM_PROBE || v->from == FROM_EVENT;
}

void hook_text(const struct ask_value *v, const struct hook *h, char *buf,
	       size_t len)
{
	const char *group = strrchr(h->target, '/');

	if (v->from == FROM_PROBE)
		snprintf(buf, len, "%s:%s", hook_kind_name(h->kind),
			 h->target);
	else
		snprintf(buf, len, "%s", group ? group + 1 : h->target);
}

/* Where there is an enum skb_drop_reason. */
static bool drops_packets(const struct hook *h)
{
	static const char *const where[] = { "kfree_skb", "kfree_skb_reason",
					     "sk_skb_reason_drop" };
	const char *group = strrchr(h->target, '/');

	for (size_t i = 0; i < COUNT(where); i++)
		if (!strcmp(group ? group + 1 : h->target, where[i]))
			return true;
	return false;
}

bool ask_is_reason(const struct ask *a, const struct ask_value *v)
{
	enum ask_role role = v->at_start ? ASK_STARTS : ASK_ENDS;

	if (v->shape != SHAPE_U64 || !v->name || strcmp(v->name, "reason"))
		return false;
	for (uint32_t i = 0; i < a->nhooks; i++)
		if (ask_role_of(a, i) == role && !drops_packets(&a->hooks[i]))
			return false;
	return true;
}

static bool reason_text(const char *const *reasons, uint64_t number, char *buf,
			size_t len)
{
	while (reasons && *reasons && number) {
		reasons++;
		number--;
	}
	if (!reasons || !*reasons || !**reasons)
		return false;
	clean_text(buf, len, *reasons, strlen(*reasons));
	return true;
}

static void number_text(const struct ask_value *v, uint64_t number,
			const struct ask_names *names, char *buf, size_t len)
{
	const struct ask_enum *e = ask_enum_of(v);
	char text[TEXT_MAX];

	if (e) {
		enum_text(e, number, buf, len);
		return;
	}
	if (is_error(v) && error_text(number, buf, len))
		return;
	if (v->is_reason && names &&
	    reason_text(names->reasons, number, buf, len))
		return;
	if (of_hook(v) && names && number < names->nhooks) {
		hook_text(v, &names->hooks[number], text, sizeof(text));
	} else if (v->shape == SHAPE_U64) {
		*put_u64(text, number) = '\0';
	} else {
		*put_s64(text, (int64_t)number) = '\0';
	}
	clean_text(buf, len, text, strlen(text));
}

void ask_text(const struct ask_value *v, const void *bytes,
	      const struct ask_names *names, char *buf, size_t len)
{
	uint32_t size = ask_value_size(v);
	uint64_t number = 0;
	char addr[40];

	if (!len)
		return;
	switch (v->shape) {
	case SHAPE_COMM:
	case SHAPE_NAME:
		clean_text(buf, len, bytes, strnlen(bytes, size));
		break;
	case SHAPE_NETWORK:
		memcpy(&number, bytes, sizeof(number));
		snprintf(buf, len, "%s", names->networks[number]);
		break;
	case SHAPE_ADDR:
		*put_addr(addr, bytes) = '\0';
		snprintf(buf, len, "%s", addr);
		break;
	default:
		memcpy(&number, bytes, sizeof(number));
		number_text(v, number, names, buf, len);
	}
}

bool ask_is_number(const struct ask_value *v)
{
	return (v->shape == SHAPE_U64 || v->shape == SHAPE_S64) &&
	       !of_hook(v) && !ask_enum_of(v) && !is_error(v) &&
	       !v->is_reason;
}

uint32_t ask_key_pid(const struct ask *a, const uint8_t *key)
{
	uint64_t pid = 0;

	for (uint32_t i = 0; i < a->nkeys; i++) {
		if (a->keys[i].from == FROM_PID) {
			memcpy(&pid, key, sizeof(pid));
			break;
		}
		key += ask_value_size(&a->keys[i]);
	}
	return (uint32_t)pid;
}
