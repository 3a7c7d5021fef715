// SPDX-License-Identifier: GPL-2.0-only
/* Which program plays each role: the first of its choices that hasn't been refused, and why others
 * were. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

const struct choice *choice_of(const struct probe *probe, size_t role)
{
	int i = probe->chosen[role];

	return i < 0 || i >= MAX_CHOICES || !probe->chain->roles[role].choices[i].program
		       ? NULL
		       : &probe->chain->roles[role].choices[i];
}

struct bpf_program *role_program(struct probe *probe, size_t role)
{
	const struct choice *choice = choice_of(probe, role);

	return choice && probe->object
		       ? bpf_object__find_program_by_name(probe->object, choice->program)
		       : NULL;
}

struct bpf_program *role_companion(struct probe *probe, size_t role)
{
	const struct choice *choice = choice_of(probe, role);

	return choice && choice->with && probe->object
		       ? bpf_object__find_program_by_name(probe->object, choice->with)
		       : NULL;
}

bool is_skipped(const struct kstop *k, const char *method)
{
	size_t length = strlen(method);

	for (const char *at = k->skip; (at = strstr(at, method)); at += length)
		if ((at == k->skip || at[-1] == ',') && (at[length] == 0 || at[length] == ','))
			return true;
	return false;
}

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? "; " : "", more);
}

void refuse(struct kstop *k, struct probe *probe, size_t role, const char *why)
{
	char *text = probe->refused[role], skipped[TEXT];
	const struct choice *next;

	if (why && !strstr(text, why))
		append(text, TEXT, why);
	for (;;) {
		probe->chosen[role]++;
		next = choice_of(probe, role);
		if (!next || !is_skipped(k, next->method))
			break;
		snprintf(skipped, sizeof(skipped), "%s: skipped", next->method);
		if (!strstr(text, skipped))
			append(text, TEXT, skipped);
	}
	if (!next)
		probe->chosen[role] = -1;
}

size_t role_count(const struct probe *probe)
{
	size_t n = 0;

	while (n < MAX_ROLES && probe->chain->roles[n].name)
		n++;
	return n;
}

static void choose_first(struct kstop *k, struct probe *probe)
{
	for (size_t i = 0; i < MAX_ROLES; i++) {
		probe->chosen[i] = -1;
		if (i < role_count(probe))
			refuse(k, probe, i, NULL);
	}
}

void first_choices(struct kstop *k, struct probe *probe)
{
	probe->chain = probe->first;
	memset(probe->refused, 0, sizeof(probe->refused));
	choose_first(k, probe);
}

/* The first role that has a choice left; -1: none. */
static int first_role(const struct probe *probe)
{
	for (size_t i = 0; i < role_count(probe); i++)
		if (probe->chosen[i] >= 0)
			return i;
	return -1;
}

/* The required role that has no program left, or any role where none has; -1: there's hope. */
static int hopeless_role(const struct probe *probe)
{
	if (first_role(probe) < 0)
		return 0;
	for (size_t i = 0; i < role_count(probe); i++)
		if (probe->chosen[i] < 0 && !probe->chain->roles[i].lost)
			return i;
	return -1;
}

bool is_hopeless(struct kstop *k, const struct probe *probe, int err)
{
	int role = hopeless_role(probe);

	if (role >= 0)
		fail(k, err, "%s", probe->refused[role]);
	return role >= 0;
}

bool next_chain(struct kstop *k, struct probe *probe)
{
	int role = hopeless_role(probe);
	char why[TEXT];

	if (role < 0 || !probe->chain->otherwise)
		return false;
	memcpy(why, probe->refused[role], sizeof(why));
	memset(probe->refused, 0, sizeof(probe->refused));
	memcpy(probe->refused[0], why, sizeof(why));
	probe->chain = probe->chain->otherwise;
	choose_first(k, probe);
	return true;
}

/* Is name one of the words of list? */
static bool names(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at && (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == 0 || at[length] == ' '))
			return true;
	return false;
}

/* The first role whose choice in use needs the map; -1 when none does. */
static int role_of_map(const struct probe *probe, const char *map)
{
	for (size_t i = 0; i < role_count(probe); i++) {
		const struct choice *choice = choice_of(probe, i);

		if (choice && names(choice->maps, map))
			return i;
	}
	return -1;
}

static bool is_optional(const struct probe *probe, const char *map)
{
	for (size_t i = 0; i < role_count(probe); i++)
		for (size_t j = 0; j < MAX_CHOICES; j++)
			if (names(probe->chain->roles[i].choices[j].maps, map))
				return true;
	return false;
}

bool is_map_wanted(const struct probe *probe, const char *map)
{
	return !is_optional(probe, map) || role_of_map(probe, map) >= 0;
}

int role_to_blame(const struct probe *probe, const char *name)
{
	for (size_t i = 0; i < role_count(probe); i++) {
		const struct choice *choice = choice_of(probe, i);

		if (choice && (!strcmp(choice->program, name) ||
			       (choice->with && !strcmp(choice->with, name))))
			return i;
	}
	return role_of_map(probe, name);
}

/* Method of the main role, or of the first that has one; what is lost and which better choice was
 * refused, and why. */
void describe_probe(struct probe *probe)
{
	int main_role = first_role(probe);

	probe->reason[0] = 0;
	snprintf(probe->method, sizeof(probe->method), "%s",
		 main_role < 0 ? "" : choice_of(probe, main_role)->method);
	probe->state = KSTOP_ATTACHED;
	for (size_t i = 0; i < role_count(probe); i++) {
		const struct choice *choice = choice_of(probe, i);
		const char *lost = choice ? choice->lost : probe->chain->roles[i].lost;
		char text[TEXT * 2];

		if (!lost)
			continue;
		probe->state = KSTOP_DEGRADED;
		if (probe->refused[i][0])
			snprintf(text, sizeof(text), "%s (%s: %s)", lost,
				 probe->chain->roles[i].name, probe->refused[i]);
		else
			snprintf(text, sizeof(text), "%s", lost);
		append(probe->reason, sizeof(probe->reason), text);
	}
}
