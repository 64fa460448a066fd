/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sequence numbers.  TCP_REPAIR (Linux 3.5) tells where the queues of a
 * connection end, as checkpoints of processes need it; what is between is told
 * in bytes.  Asked once, before there is a window: up to 4.17 its end sends a
 * probe, which is answered.
 */
#include "loader/discover_int.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

/* linux/tcp.h; of 4.18 */
enum { REPAIR_OFF = 0, REPAIR_ON = 1, REPAIR_OFF_NO_PROBE = -1 };
/* TCP_REPAIR_QUEUE: enum of net/ipv4/tcp.c, for user space by its values */
enum { RECV_QUEUE = 1, SEND_QUEUE = 2 };

static bool set(int fd, int name, int value)
{
	return !setsockopt(fd, IPPROTO_TCP, name, &value, sizeof(value));
}

static bool queue_end(int fd, int queue, uint32_t *seq)
{
	socklen_t len = sizeof(*seq);

	return set(fd, TCP_REPAIR_QUEUE, queue) &&
	       !getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, seq, &len);
}

/* With tcpi_bytes_received (4.1), which tcp_rcv_nxt_update() counts along with
 * rcv_nxt. */
static bool get_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) &&
	       len >= offsetof(struct tcp_info, tcpi_bytes_received) + 8;
}

void seq_learn(struct subject *s)
{
	struct tcp_info info;

	if (!get_info(s->fd, &info) || !set(s->fd, TCP_REPAIR, REPAIR_ON))
		return;
	s->seq_known = queue_end(s->fd, SEND_QUEUE, &s->seq.write_seq) &&
		       queue_end(s->fd, RECV_QUEUE, &s->seq.rcv_nxt);
	s->seq.received = info.tcpi_bytes_received;
	s->seq.sent = s->sent;
	if (!set(s->fd, TCP_REPAIR, REPAIR_OFF_NO_PROBE))
		set(s->fd, TCP_REPAIR, REPAIR_OFF);
}

/* @end less the bytes that @request tells. */
static void known_before(const struct subject *s, struct facts *f, int key,
			 uint32_t end, unsigned long request)
{
	int bytes;

	if (!ioctl(s->fd, request, &bytes))
		known_number(f, key, end - (uint32_t)bytes);
}

static uint32_t write_seq_of(const struct subject *s)
{
	return s->seq.write_seq + s->sent - s->seq.sent;
}

void facts_seq(const struct subject *s, struct facts *f)
{
	uint32_t write_seq = write_seq_of(s), rcv_nxt;
	struct tcp_info info;

	/* a FIN has a number, too */
	if (!s->seq_known || s->shutdown || s->fin || s->gone ||
	    !get_info(s->fd, &info))
		return;
	rcv_nxt = s->seq.rcv_nxt + (uint32_t)(info.tcpi_bytes_received -
					      s->seq.received);
	known_number(f, DISC_KEY_SND_WSCALE, info.tcpi_snd_wscale);
	known_number(f, DISC_KEY_RCV_WSCALE, info.tcpi_rcv_wscale);
	known_number(f, DISC_KEY_WRITE_SEQ, write_seq);
	known_before(s, f, DISC_KEY_SND_NXT, write_seq, SIOCOUTQNSD);
	known_before(s, f, DISC_KEY_SND_UNA, write_seq, SIOCOUTQ);
	if (s->small_known)
		known_number(f, DISC_KEY_SND_SML, s->small);
	known_number(f, DISC_KEY_RCV_NXT, rcv_nxt);
	known_before(s, f, DISC_KEY_COPIED_SEQ, rcv_nxt, SIOCINQ);
}

/* ---- what tells them apart -------------------------------------------- */

static int pending(int fd, unsigned long request)
{
	int bytes = 0;

	return ioctl(fd, request, &bytes) ? 0 : bytes;
}

/* Until no more than @most bytes wait to be acknowledged. */
static void wait_sent(int fd, int most, uint64_t us)
{
	uint64_t end = clock_us() + us;

	while (pending(fd, SIOCOUTQ) > most && clock_us() < end)
		pause_us(100);
}

static void wait_received(int fd)
{
	uint64_t end = clock_us() + 50000;

	while (!pending(fd, SIOCINQ) && clock_us() < end)
		pause_us(100);
}

/* With one segment more, acknowledged. */
static void window_sent(struct prober *p, struct conn *c, uint32_t len)
{
	struct subject *s = &c->cli;

	conn_send(p, s, len);
	conn_read(&c->srv);
	wait_sent(s->fd, 0, 50000);
	if (!s->small_known)
		s->small = write_seq_of(s);
	s->small_known = true;
	subject_window(p, s, false);
}

void record_seq(struct prober *p, struct conn *c)
{
	const uint32_t mss = tcp_info_u32(c->cli.fd, INFO_SND_MSS);

	/* snd_sml: the end of the last segment that was not a full one */
	window_sent(p, c, random_range(p, 50, 300));
	window_sent(p, c, mss);
	c->cli.small_known = false;
	/* pushed_seq, snd_nxt: what more is to come for waits */
	conn_put(p, &c->cli, random_range(p, 50, 300), MSG_MORE);
	subject_window(p, &c->cli, false);
	conn_send(p, &c->cli, random_range(p, 50, 300));
	conn_read(&c->srv);
	/* rcv_wup: where rcv_nxt was as it was acknowledged */
	set(c->cli.fd, TCP_QUICKACK, 0);
	conn_send(p, &c->srv, random_range(p, 50, 300));
	wait_received(c->cli.fd);
	subject_window(p, &c->cli, false);
	conn_read(&c->cli);
}

/* rtt_seq is where snd_nxt was as something was acknowledged: it stays with
 * snd_una unless that comes late (40 ms), when more is under way. */
void record_partly(struct prober *p, struct conn *c)
{
	const uint32_t lost = random_range(p, 50, 300);

	set(c->cli.fd, TCP_NODELAY, 1);
	set(c->srv.fd, TCP_QUICKACK, 0);
	conn_send(p, &c->cli, random_range(p, 50, 300));
	conn_drop(c->srv.fd, 0);
	conn_send(p, &c->cli, lost);
	wait_sent(c->cli.fd, (int)lost, 100000);
	subject_window(p, &c->cli, false);
	conn_undrop(c->srv.fd);
	/* what comes now tells what lacks */
	conn_send(p, &c->cli, random_range(p, 50, 300));
	conn_read(&c->srv);
	wait_sent(c->cli.fd, 0, 500000);
	conn_read(&c->srv);
}

/* snd_up goes along with snd_una, but for urgent data. */
void record_urgent(struct prober *p, struct conn *c)
{
	conn_put(p, &c->cli, random_range(p, 2, 300), MSG_OOB);
	subject_window(p, &c->cli, false);
}
