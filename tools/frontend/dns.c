/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/frontend/dns.h"

#include <stdio.h>
#include <string.h>

#include "progs/event.h"
#include "tools/frontend/rows_int.h"

unsigned dns_get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* A byte of a label as it may be shown; names have no case. */
static char shown(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '*' || c == '/')
		return (char)c;
	return '?';
}

/* Compression pointers must lead backwards, so a name ends. */
bool dns_get_name(struct dns_message *m, struct dns_name *n)
{
	size_t at = m->at, limit = m->at, out = 0, i, len;
	bool jumped = false;

	for (;;) {
		if (at >= m->len)
			return false;
		len = m->data[at++];
		if ((len & 0xc0) == 0xc0) {
			if (at >= m->len)
				return false;
			len = (len & 0x3f) << 8 | m->data[at++];
			if (!jumped)
				m->at = at;
			jumped = true;
			/* backwards each time: no loops */
			if (len >= limit)
				return false;
			at = limit = len;
			continue;
		}
		if (len & 0xc0)
			return false;
		if (!len)
			break;
		if (len > m->len - at || out + len + 1 > DNS_WIRE_NAME)
			return false;
		if (out)
			n->text[out++] = '.';
		for (i = 0; i < len; i++)
			n->text[out++] = shown(m->data[at++]);
	}
	n->text[out] = 0;
	if (!jumped)
		m->at = at;
	return true;
}

bool dns_get_record(struct dns_message *m, struct dns_name *owner,
		    struct dns_record *r)
{
	const uint8_t *p;

	if (!dns_get_name(m, owner) || m->len - m->at < 10)
		return false;
	p = m->data + m->at;
	r->type = dns_get16(p);
	r->class = dns_get16(p + 2);
	r->len = dns_get16(p + 8);
	r->data = p + 10;
	m->at += 10;
	if (m->len - m->at < r->len)
		return false;
	m->at += r->len;
	return true;
}

/* ---- struct lookup ----------------------------------------------------- */

/* Its message; false: it is text. */
static bool get_message(const uint8_t *bytes, size_t len,
			struct dns_message *m)
{
	const size_t head = offsetof(struct lookup, data);

	*m = (struct dns_message){ .data = bytes + head, .at = DNS_HEADER };
	if (len < head)
		return false;
	m->len = dns_get16(bytes);
	if (m->len > len - head)
		m->len = len - head;
	return m->len >= DNS_HEADER;
}

bool lookup_is_message(const uint8_t *bytes, size_t len)
{
	struct dns_message m;

	return get_message(bytes, len, &m);
}

/* The question; more than one is not in use anywhere. */
static bool get_question(struct dns_message *m, struct dns_name *n,
			 unsigned *type)
{
	if (!dns_get16(m->data + 4) || !dns_get_name(m, n) ||
	    m->len - m->at < 4)
		return false;
	*type = dns_get16(m->data + m->at);
	m->at += 4;
	return true;
}

static size_t put(char text[LOOKUP_TEXT], const char *from, size_t len)
{
	if (len > LOOKUP_TEXT - 1)
		len = LOOKUP_TEXT - 1;
	memcpy(text, from, len);
	text[len] = '\0';
	return len;
}

size_t lookup_name(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT])
{
	const size_t head = offsetof(struct lookup, data);
	struct dns_message m;
	struct dns_name n;
	unsigned type;

	text[0] = '\0';
	if (len < head)
		return 0;
	if (!get_message(bytes, len, &m))
		return put(text, (const char *)bytes + head,
			   strnlen((const char *)bytes + head, len - head));
	if (!get_question(&m, &n, &type))
		return 0;
	/* the root has no label */
	return n.text[0] ? put(text, n.text, strlen(n.text)) :
			   put(text, ".", 1);
}

/* Types of records that are in use (IANA's table). */
static const struct { uint16_t type; const char *name; } types[] = {
	{ 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 12, "PTR" },
	{ 13, "HINFO" }, { 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" },
	{ 33, "SRV" }, { 35, "NAPTR" }, { 39, "DNAME" }, { 43, "DS" },
	{ 44, "SSHFP" }, { 46, "RRSIG" }, { 47, "NSEC" }, { 48, "DNSKEY" },
	{ 50, "NSEC3" }, { 52, "TLSA" }, { 64, "SVCB" }, { 65, "HTTPS" },
	{ 251, "IXFR" }, { 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" },
};

size_t lookup_type(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT])
{
	struct dns_message m;
	struct dns_name n;
	unsigned type;

	text[0] = '\0';
	if (!get_message(bytes, len, &m) || !get_question(&m, &n, &type))
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return put(text, types[i].name,
				   strlen(types[i].name));
	return (size_t)snprintf(text, LOOKUP_TEXT, "TYPE%u", type);
}

/* With the room that put_addr() wants, behind those before it. */
static char *add_addr(char *p, const char *text, const struct dns_record *r)
{
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };

	if (r->type == DNS_A && r->len == 4)
		memcpy(addr + 12, r->data, 4);
	else if (r->type == DNS_AAAA && r->len == 16)
		memcpy(addr, r->data, 16);
	else
		return p;
	if (p + 48 > text + LOOKUP_TEXT)
		return p;
	if (p > text)
		*p++ = ',';
	return put_addr(p, addr);
}

size_t lookup_addrs(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT])
{
	struct dns_message m;
	struct dns_record r;
	struct dns_name n;
	unsigned type, answers;
	char *p = text;

	text[0] = '\0';
	if (!get_message(bytes, len, &m) || !get_question(&m, &n, &type))
		return 0;
	for (answers = dns_get16(m.data + 6); answers; answers--) {
		if (!dns_get_record(&m, &n, &r))
			break;
		if (r.class == DNS_IN)
			p = add_addr(p, text, &r);
	}
	*p = '\0';
	return (size_t)(p - text);
}
