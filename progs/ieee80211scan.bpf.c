/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Wi-Fi scans, from the request to its end.  The request is the key, so that
 * radios that scan at the same time are told apart.
 */
#include "progs/sock.bpf.h"
#include "progs/ieee80211scan.h"

/* include/net/cfg80211.h, net/wireless/core.h; in the BTF of cfg80211 */
struct cfg80211_ssid { u8 ssid[32]; u8 ssid_len; } PAI;
struct wiphy { possible_net_t _net; } PAI;
struct cfg80211_registered_device { int wiphy_idx; struct wiphy wiphy; } PAI;
struct wireless_dev { struct net_device *netdev; } PAI;
struct cfg80211_scan_request {
	struct cfg80211_ssid *ssids;
	int n_ssids;
	u32 n_channels;
	struct wireless_dev *wdev;
} PAI;
struct cfg80211_scan_request_int { struct cfg80211_scan_request req; } PAI;
struct cfg80211_scan_info { u8 aborted; } PAI;

struct scan {
	struct ieee80211scan_event ev;	/* as it began */
	u64 wiphy;
};

/* By the scan that a radio makes now. */
struct found {
	u64 begun;		/* ns */
	u64 bss;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u64);		/* struct cfg80211_scan_request * */
	__type(value, struct scan);
} scans SEC(".maps");

/* What is on the air: each is counted once in a scan. */
struct station {
	u64 wiphy;		/* struct wiphy * */
	u8 bssid[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u64);		/* struct wiphy * */
	__type(value, struct found);
} scanning SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, struct station);
	__type(value, u64);		/* ns: beginning of the last scan that
					   has found it */
} stations SEC(".maps");

struct probe___start {
	struct wiphy *wiphy;
	void *request;
} PAI;

struct probe___done {
	void *request;
	struct cfg80211_scan_info *info;
} PAI;

struct probe___bss {
	struct wiphy *wiphy;
	const u8 *mgmt, *bssid;
} PAI;

/* fentry's pointers are no numbers to the verifier; what is read is. */
static __always_inline u64 number_of(const void *pointer)
{
	u64 v = 0;

	probe_read(&v, sizeof(v), &pointer);
	return v;
}

/* What the tracepoints tell is the request's wrapping since 6.17. */
static __always_inline u64 request_of(const void *traced)
{
	const struct cfg80211_scan_request_int *r = traced;
	u64 v = number_of(traced);

	if (EXISTS(r->req))
		v += field_info(r->req, 0);
	return v;
}

/* ---- start -------------------------------------------------------------- */

static __always_inline void first_ssid(struct ieee80211scan_event *ev,
				       const struct cfg80211_scan_request *r)
{
	const struct cfg80211_ssid *s = READ(r, ssids);

	/* a wildcard has no length; what is behind a name is 0 */
	if (ev->ssids > 1 && !READ(s, ssid_len))
		s++;
	probe_read(ev->ssid, sizeof(ev->ssid), &s->ssid);
}

static __always_inline void asked(struct ieee80211scan_event *ev,
				  const struct cfg80211_scan_request *r)
{
	const struct net_device *dev;
	struct wireless_dev *wdev;

	ev->ssids = -1;
	if (!EXISTS(r->n_ssids))
		return;
	ev->ssids = READ(r, n_ssids);
	ev->channels = READ(r, n_channels);
	if (ev->ssids > 0)
		first_ssid(ev, r);
	wdev = READ(r, wdev);
	dev = READ(wdev, netdev);	/* P2P has none */
	if (dev && EXISTS(dev->name))
		probe_read(ev->dev, sizeof(ev->dev), &dev->name);
}

static __always_inline s32 phy_of(const struct wiphy *wiphy)
{
	const struct cfg80211_registered_device *rdev = (const void *)wiphy;

	if (!EXISTS(rdev->wiphy_idx))
		return -1;
	rdev = (const void *)wiphy - field_info(rdev->wiphy, 0);
	return READ(rdev, wiphy_idx);
}

static __always_inline u32 netns_of_wiphy(const struct wiphy *wiphy)
{
	struct net *net;

	if (!CONST(want_netns) || !EXISTS(wiphy->_net.net))
		return 0;
	net = READ(wiphy, _net.net);
	return READ(net, ns.inum);
}

static __always_inline int begin(const struct wiphy *wiphy, u64 request)
{
	struct scan s = { .ev.event.ns = ktime_get_ns(),
			  .wiphy = number_of(wiphy) };
	struct found none = { .begun = s.ev.event.ns };
	struct owner o = {};

	owner_current(&o);
	flow_owner(&s.ev.flow, (void *)request, &o);
	s.ev.flow.netns = netns_of_wiphy(wiphy);
	if (!pass(&s.ev.flow))
		return 0;
	s.ev.phy = phy_of(wiphy);
	asked(&s.ev, (void *)request);
	if (map_update(&scanning, &s.wiphy, &none, BPF_ANY) ||
	    map_update(&scans, &request, &s, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

/* The driver is asked to scan. */
SEC("probe/start")
int on_start(struct probe___start *ctx)
{
	return begin(ctx->wiphy, request_of(ctx->request));
}

/* ieee80211_scan(): the same of mac80211. */
SEC("probe/start")
int on_ops_scan(struct probe___start *ctx)
{
	return begin(ctx->wiphy, (u64)ctx->request);
}

/* ---- what is found ------------------------------------------------------ */

/* IEEE 802.11: of struct ieee80211_mgmt, as it came by the air */
enum { MGMT_BSSID = 16, BSSID_BYTES = 6 };

static __always_inline int informed(const struct wiphy *wiphy,
				    const u8 *bssid)
{
	struct station st = { .wiphy = number_of(wiphy) };
	struct found *now = map_lookup(&scanning, &st.wiphy);
	u64 *last, begun;

	if (!now)
		return 0;
	begun = now->begun;
	probe_read(st.bssid, BSSID_BYTES, bssid);
	last = map_lookup(&stations, &st);
	if (last && *last == begun)
		return 0;
	if (map_update(&stations, &st, &begun, BPF_ANY)) {
		count(STAT_STATE_FULL);
		return 0;
	}
	now = map_lookup(&scanning, &st.wiphy);
	if (now)
		__sync_fetch_and_add(&now->bss, 1);
	return 0;
}

/* cfg80211 is given a beacon, or the answer to a probe, */
SEC("probe/bss")
int on_frame(struct probe___bss *ctx)
{
	return informed(ctx->wiphy, ctx->mgmt + MGMT_BSSID);
}

/* or what firmware has made of one. */
SEC("probe/bss")
int on_bss(struct probe___bss *ctx)
{
	return informed(ctx->wiphy, ctx->bssid);
}

/* ---- end ---------------------------------------------------------------- */

static __always_inline u32 count_found(u64 wiphy)
{
	struct found *found = map_lookup(&scanning, &wiphy);
	u32 bss = found ? found->bss : 0;

	map_delete(&scanning, &wiphy);
	return bss;
}

static __always_inline int end(void *ctx, u64 request,
			       const struct cfg80211_scan_info *info)
{
	struct scan *begun = map_lookup(&scans, &request);
	struct ieee80211scan_event ev;
	u64 now = ktime_get_ns();

	if (!begun)
		return 0;
	ev = begun->ev;
	ev.bss = count_found(begun->wiphy);
	map_delete(&scans, &request);
	ev.duration_ns = now - ev.event.ns;
	ev.event.ns = now;
	if (EXISTS(info->aborted))
		ev.result = READ(info, aborted) ? SCAN_ABORTED : SCAN_DONE;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* The driver says that it has ended. */
SEC("probe/done")
int on_done(struct probe___done *ctx)
{
	return end(ctx, request_of(ctx->request), ctx->info);
}

/* cfg80211_scan_done() */
SEC("probe/done")
int on_scan_done(struct probe___done *ctx)
{
	return end(ctx, (u64)ctx->request, ctx->info);
}

LICENSE;
