// SPDX-License-Identifier: GPL-2.0-only
/* What became of each part of a probe, for `kstop doctor`. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int kstop_probe_role(struct kstop *k, const char *id, uint32_t role, struct kstop_role *out)
{
	struct probe *probe = find_probe(k, id);
	const struct choice *choice;
	const struct role *of;

	if (!probe)
		return -ENOENT;
	if (!out || out->size != sizeof(*out))
		return fail(k, -EINVAL, "a role is described in another version's struct");
	if (role >= role_count(probe))
		return -ERANGE;
	of = &probe->chain->roles[role];
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	out->required = !of->lost;
	/* Of a probe that is off, a choice is only the next one to try. */
	choice = probe->state == KSTOP_ATTACHED || probe->state == KSTOP_DEGRADED
			 ? choice_of(probe, role)
			 : NULL;
	out->attached = choice != NULL;
	snprintf(out->name, sizeof(out->name), "%s", of->name);
	snprintf(out->method, sizeof(out->method), "%s", choice ? choice->method : "");
	snprintf(out->program, sizeof(out->program), "%s", choice ? choice->program : "");
	snprintf(out->lost, sizeof(out->lost), "%s", (choice ? choice->lost : of->lost) ?: "");
	snprintf(out->refused, sizeof(out->refused), "%s", probe->refused[role]);
	return 0;
}
