/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/ieee80211scan.h"
#include "tools/tool.h"

extern const struct spec spec_ieee80211scan;

#define EV struct ieee80211scan_event

static const char *const results[] = { "", "done", "aborted", NULL };

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 14, C_KEY),
	COL(EV, phy, K_S32, 3, "phy", "PHY", C_LEFT | C_NEG | C_HIDDEN,
	    "number of the radio, as in `iw phy'"),
	COL(EV, dev, K_COMM, 8, "dev", "DEV", C_KEY | C_LEFT | C_ZERO,
	    "interface that scans"),
	COL(EV, ssids, K_S32, 5, "ssids", "SSIDS", C_NEG,
	    "how many networks were asked for; 0: it only listened"),
	COL(EV, channels, K_U32, 5, "channels", "CHANS", C_ZERO,
	    "how many channels it was to visit"),
	COL(EV, bss, K_U32, 3, "bss", "BSS", 0,
	    "how many it has found: by their BSSIDs, each once"),
	COL(EV, duration_ns, K_MS, 9, "duration_ns", "MS", 0,
	    "from the request to the end of the scan"),
	COL_ENUM(EV, result, results, 7, "result", "RESULT",
		 C_KEY | C_LEFT | C_ZERO, "done, or aborted"),
	COL(EV, ssid, K_COMM, 4, "ssid", "SSID", C_LEFT | C_ZERO,
	    "network that was asked for by name: the first, or the second"),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define ONLY_MAC80211 "not seen: drivers that do without mac80211 (fullmac)"

static const struct alternative start_alts[] = {
	{ HOOKS(RAW("on_start", "rdev_scan", "wiphy request")) },
	{ HOOKS(KPROBE("on_ops_scan", "ieee80211_scan", "wiphy request")),
	  .note = ONLY_MAC80211 },
};

static const struct alternative done_alts[] = {
	{ HOOKS(RAW("on_done", "cfg80211_scan_done", "request info")) },
	{ HOOKS(KPROBE("on_scan_done", "cfg80211_scan_done",
		       "request info")) },
};

static const struct role role_start = {
	.name = "scan-start",
	.what = "cfg80211, if it is loaded, has a driver scan",
	ALTS(start_alts),
};

static const struct role role_done = {
	.name = "scan-done",
	.what = "cfg80211, if it is loaded, is told that a scan has ended",
	ALTS(done_alts),
};

#define BSS(kind)							\
	{ HOOKS(kind("on_frame", "cfg80211_inform_bss_frame_data",	\
		     "wiphy - mgmt"),					\
		kind("on_bss", "cfg80211_inform_bss_data",		\
		     "wiphy - - bssid")) }

static const struct alternative bss_alts[] = {
	BSS(FENTRY),
	BSS(KPROBE),
	{ HOOKS(RAW("on_frame", "cfg80211_inform_bss_frame",
		    "wiphy - mgmt")),
	  .note = "BSS: what drivers find that do without mac80211 (fullmac) "
		  "is not counted" },
};

static const struct role role_bss = {
	.name = "scan-bss",
	.what = "cfg80211, if it is loaded, is told of a network",
	ALTS(bss_alts),
};

static const struct role *const roles[] = {
	&role_done, &role_bss, &role_start, NULL
};

static const char *const modules[] = { "cfg80211", NULL };

static const struct example examples[] = {
	{ "", "every scan, as it ends" },
	{ "-T -o +phy", "with the time of day and the radio" },
	{ "-c -d 600", "who scans, how often, for ten minutes" },
	{ "--hist duration_ns --unit ms", "how long they take" },
	{ 0 }
};

const struct tool tool_ieee80211scan = {
	.name = "ieee80211scan",
	.alias = "wifiscan",
	.summary = "Wi-Fi scans: who asked, for what, how long they took",
	.about = "Prints a line for each scan of a wireless interface as it "
		"ends: the process that asked for it, the networks and the "
		"number of channels, how many it has found (BSS: an access "
		"point has one or several), how long it took, and whether it "
		"was aborted.  Any driver under cfg80211 is seen; scans that "
		"firmware makes by itself, on a schedule or while connected, "
		"are not.  The names of networks are whatever somebody sent "
		"into the air: what is not printable is escaped.  cfg80211.ko "
		"must be loaded when this begins; what a scan was for is "
		"known where modules have BTF (5.11).",
	.overhead = "Two small programs per scan, and one for each beacon or "
		"answer that the kernel is handed.",
	.spec = &spec_ieee80211scan, .filters = F_TASK, .flags = T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.modules = modules,
};
