/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused by the verifier: a number is followed as if it were a pointer. */
__attribute__((section("raw_tp/inet_sock_set_state"), used))
int follow(unsigned long long *ctx)
{
	return *(int *)ctx[0];
}
