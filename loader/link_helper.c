/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_helper - since when helpers exist and how many arguments they take.
 */
#include "link_int.h"

/*
 * Helpers are numbered as they came, so that a kernel has all up to some
 * number.  From the history of include/uapi/linux/bpf.h.  What tracing
 * programs may call is more than once a younger matter than the helper:
 * tracing_since below.
 */
static const struct { uint16_t last; uint8_t major, minor; } releases[] = {
	{ 3, 3, 19 }, { 11, 4, 1 }, { 16, 4, 2 }, { 22, 4, 3 },
	{ 25, 4, 4 }, { 26, 4, 5 }, { 30, 4, 6 }, { 36, 4, 8 },
	{ 41, 4, 9 }, { 44, 4, 10 }, { 45, 4, 11 }, { 47, 4, 12 },
	{ 50, 4, 13 }, { 53, 4, 14 }, { 57, 4, 15 }, { 59, 4, 16 },
	{ 64, 4, 17 }, { 80, 4, 18 }, { 83, 4, 19 }, { 90, 4, 20 },
	{ 92, 5, 0 }, { 98, 5, 1 }, { 108, 5, 2 }, { 109, 5, 3 },
	{ 110, 5, 4 }, { 115, 5, 5 }, { 118, 5, 6 }, { 124, 5, 7 },
	{ 135, 5, 8 }, { 141, 5, 9 }, { 155, 5, 10 }, { 162, 5, 11 },
	{ 163, 5, 12 }, { 165, 5, 13 }, { 168, 5, 14 }, { 175, 5, 15 },
	{ 179, 5, 16 }, { 185, 5, 17 }, { 193, 5, 18 }, { 203, 5, 19 },
	{ 207, 6, 0 }, { 209, 6, 1 }, { 211, 6, 2 },
};

static const struct { uint16_t id; uint8_t major, minor; } tracing_since[] = {
	{ 46, 5, 12 },		/* get_socket_cookie */
	{ 107, 5, 11 },		/* sk_storage_get */
	{ 108, 5, 11 },		/* sk_storage_delete */
};

/*
 * A digit per helper, from 0 (none): from the signatures in the comment of
 * include/uapi/linux/bpf.h.  Those that take "..." count as five.
 */
static const char nargs[] =
	"5242305005" "5533002131" "4422154353" "3323103232" "2103231125"
	"4344243522" "4224325454" "4444434141" "0242551322" "4431111115"
	"5433344421" "5533332104" "4511305312" "4322221111" "1444342335"
	"4142124202" "0315453413" "2311113414" "5433210114" "4533231442"
	"2553332204" "42";

unsigned helper_args(int id)
{
	if (id < 1 || id >= (int)sizeof(nargs) - 1)
		return 5;
	return (unsigned)(nargs[id] - '0');
}

uint32_t helper_since(int id)
{
	size_t i;

	for (i = 0; i < sizeof(tracing_since) / sizeof(tracing_since[0]); i++)
		if (tracing_since[i].id == id)
			return KERNEL(tracing_since[i].major,
				      tracing_since[i].minor);
	for (i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (id > 0 && id <= releases[i].last)
			return KERNEL(releases[i].major, releases[i].minor);
	return 0;
}
