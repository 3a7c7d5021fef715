// SPDX-License-Identifier: GPL-2.0-only
/* Small tables that user space gives a probe, and the kernel's enumerations that they are made by.
 */
#include "internal.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void store(struct probe *probe, uint32_t index)
{
	int map = probe->object ? bpf_object__find_map_fd_by_name(probe->object, "table") : -1;
	uint32_t value = probe->table[index];

	if (map >= 0)
		bpf_map_update_elem(map, &index, &value, BPF_ANY);
}

void fill_table(struct probe *probe)
{
	for (uint32_t i = 0; i < KSTOP_TABLE; i++)
		if (probe->table[i])
			store(probe, i);
}

int kstop_table(struct kstop *k, const char *id, uint32_t index, uint8_t value)
{
	struct probe *probe = find_probe(k, id);

	if (!probe)
		return -ENOENT;
	if (index >= KSTOP_TABLE)
		return fail(k, -ERANGE, "%s: its table has %d entries", id, KSTOP_TABLE);
	probe->table[index] = value;
	store(probe, index);
	return 0;
}

/* Appends to buffer at used; the bytes used then, or -ENOSPC. */
static int print_enumerators(const struct btf *btf, const struct btf_type *type, char *buffer,
			     size_t used, size_t size)
{
	const struct btf_enum *value = btf_enum(type);

	for (int i = 0; i < btf_vlen(type); i++, value++) {
		used += snprintf(buffer + used, size - used, "%s %u\n",
				 btf__name_by_offset(btf, value->name_off), value->val);
		if (used >= size)
			return -ENOSPC;
	}
	return used;
}

int kstop_enums(struct kstop *k, const char *names, char *buffer, size_t size)
{
	char list[TEXT], *at = list, *name;
	struct btf *btf;
	int used = 0;

	if (!names || !buffer || !size || strlen(names) >= sizeof(list))
		return fail(k, -EINVAL, "enumerations need names and a buffer");
	buffer[0] = 0;
	log_begin(k);
	btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	log_end();
	if (!btf)
		return fail(k, -errno, "the kernel's type information can't be read: %s",
			    strerror(errno));
	strcpy(list, names);
	while (used >= 0 && (name = strsep(&at, ","))) {
		/* No name would find one that has none. */
		int id = *name ? btf__find_by_name_kind(btf, name, BTF_KIND_ENUM) : 0;

		if (id > 0)
			used = print_enumerators(btf, btf__type_by_id(btf, id), buffer, used, size);
	}
	btf__free(btf);
	return used < 0 ? fail(k, used, "%s: %s", names, strerror(-used)) : used;
}
