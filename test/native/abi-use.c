// SPDX-License-Identifier: GPL-2.0-only
/* abi-test: wrong use of the library and of a handle, and what it makes of what it finds. */
#include "abi.h"

#include <sys/resource.h>
#include <sys/stat.h>

static void refuses(const char *what, const struct kstop_attr *attr)
{
	char why[64] = "";
	struct kstop *k;

	errno = 0;
	k = kstop_open(attr, why, sizeof(why));
	ok(!k && errno == EINVAL && why[0], "open refuses %s: %s", what, why);
	kstop_close(k);
}

void test_open(void)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = objects};
	struct kstop_attr wrong = attr;
	char why[4] = "abc", none[1] = "x";

	ok(kstop_abi() == KSTOP_ABI, "the ABI number is the header's");
	ok(kstop_cpus() >= 1, "there are CPUs: %d", kstop_cpus());
	refuses("no attributes", NULL);
	wrong.size = 0;
	refuses("attributes without a size", &wrong);
	wrong.size = sizeof(attr) + 8;
	refuses("attributes of another version", &wrong);
	wrong = attr;
	wrong.object_dir = NULL;
	refuses("no folder of objects", &wrong);
	wrong = attr;
	wrong.ring_bytes = 3 << 20;
	refuses("a ring that is no power of two", &wrong);
	wrong.ring_bytes = 512;
	refuses("a ring below a page", &wrong);
	wrong.ring_bytes = 1;
	ok(!kstop_open(&wrong, why, sizeof(why)) && strlen(why) == 3, "a short reason is cut: %s",
	   why);
	ok(!kstop_open(&wrong, none, sizeof(none)) && !none[0], "room for one byte of reason");
	ok(!kstop_open(&wrong, NULL, 0), "no room for a reason");
	kstop_close(NULL);
	ok(true, "closing nothing is allowed");
}

void test_clocks(void)
{
	uint64_t first[2], second[2];

	kstop_clocks(first);
	kstop_clocks(second);
	ok(second[0] >= first[0] && first[1] > 1600000000ULL * 1000000000, "clocks go on");
}

void test_names(struct kstop *k)
{
	char text[64];
	uint8_t buffer[512];

	ok(kstop_probe_on(k, "nothing") == -ENOENT && kstop_error(k)[0], "on: an unknown probe: %s",
	   kstop_error(k));
	ok(kstop_probe_on(k, NULL) == -ENOENT && kstop_probe_on(k, "") == -ENOENT, "on: no name");
	ok(kstop_probe_on(k, "sched ") == -ENOENT && kstop_probe_on(k, "../sched") == -ENOENT,
	   "on: nearly a name");
	ok(kstop_probes_on(k, NULL) == -EINVAL && kstop_probes_on(k, "") == -ENOENT,
	   "on at once: no names");
	ok(kstop_probes_on(k, "sched,nothing") == -ENOENT &&
		   kstop_probe_state(k, "sched", NULL, 0, NULL, 0) == KSTOP_OFF,
	   "on at once: an unknown probe, and none is attached");
	ok(kstop_probes_on(k, "sched,sched") == -EINVAL && kstop_error(k)[0],
	   "on at once: twice the same: %s", kstop_error(k));
	ok(kstop_probe_off(k, "nothing") == -ENOENT, "off: an unknown probe");
	ok(kstop_probe_state(k, "nothing", text, 64, text, 64) == -ENOENT,
	   "state: an unknown probe");
	ok(kstop_probe_role(k, "nothing", 0,
			    &(struct kstop_role){.size = sizeof(struct kstop_role)}) == -ENOENT,
	   "role: an unknown probe");
	ok(kstop_set(k, "nothing", KSTOP_WARN_NS, 1) == -ENOENT, "set: an unknown probe");
	ok(kstop_set(k, "sched", 99, 1) == -EINVAL && kstop_error(k)[0], "set: an unknown setting");
	ok(kstop_snapshot(k, "nothing", 0, buffer, sizeof(buffer)) == -ENOENT,
	   "snapshot: an unknown probe");
	ok(kstop_find_owners(k) < 0, "owners without the probe: %s", kstop_error(k));
	ok(kstop_probe_off(k, "sched") == KSTOP_OFF, "off: what never was on");
}

void test_state_buffers(struct kstop *k)
{
	char method[8], reason[8];

	kstop_probe_on(k, "sched");
	memset(method, 'x', sizeof(method));
	memset(reason, 'x', sizeof(reason));
	ok(is_on(kstop_probe_state(k, "sched", method, 3, reason, 1)) && strlen(method) == 2 &&
		   method[3] == 'x' && !reason[0] && reason[1] == 'x',
	   "state into small buffers: %s", method);
	ok(is_on(kstop_probe_state(k, "sched", NULL, 0, NULL, 0)), "state without buffers");
	kstop_probe_off(k, "sched");
}

static bool write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool written = file && fputs(text, file) >= 0;

	return (file && !fclose(file)) && written;
}

/* Counts the records that hold a text; all of them must end with a zero. */
static int log_count(struct kstop *k, const char *text)
{
	static char buffer[1 << 16];
	uint32_t gaps;
	int count = 0, bytes = kstop_log_read(k, buffer, sizeof(buffer), &gaps);

	if (bytes > 0 && buffer[bytes - 1])
		return -1;
	for (int at = 0; at < bytes; at += strlen(buffer + at) + 1)
		count += strstr(buffer + at, text) != NULL;
	return count;
}

void test_log(struct kstop *k)
{
	char buffer[1 << 14];
	uint32_t gaps;

	ok(kstop_log_read(k, buffer, sizeof(buffer), &gaps) < 0, "log: not open");
	ok(kstop_log_read(k, NULL, sizeof(buffer), &gaps) == -EINVAL &&
		   kstop_log_read(k, buffer, 8192, &gaps) == -EINVAL &&
		   kstop_log_read(k, buffer, sizeof(buffer), NULL) == -EINVAL,
	   "log: no buffer, a small one, nowhere for the gaps");
	if (!write_to("/dev/kmsg", "abi-test: before\n") || kstop_log_open(k)) {
		skip("the kernel's log can't be had");
		return;
	}
	ok(log_count(k, "") == 0, "log: nothing of before");
	write_to("/dev/kmsg", "<0>abi-test: forged\n");
	ok(log_count(k, "forged") == 0, "log: nothing that user space wrote");
	if (write_to("/proc/sysrq-trigger", "h"))
		ok(log_count(k, "sysrq: HELP") == 1, "log: the kernel's own lines");
	write_to("/proc/sysrq-trigger", "h");
	ok(kstop_log_open(k) == 0 && log_count(k, "") == 0, "log: open again, at its end");
}

void test_filter(struct kstop *k)
{
	char *path = malloc(20001), comm[200];

	memset(path, 'a', 20000);
	path[20000] = 0;
	memset(comm, 'c', sizeof(comm) - 1);
	comm[sizeof(comm) - 1] = 0;
	ok(kstop_filter(k, 0, NULL, "/no/such/cgroup") < 0, "filter: no such cgroup: %s",
	   kstop_error(k));
	ok(kstop_filter(k, 0, NULL, path) < 0 && strlen(kstop_error(k)) < 1000,
	   "filter: a path too long");
	ok(kstop_filter(k, 0, NULL, "/etc") < 0 || kstop_filter(k, 0, NULL, "../..") < 0,
	   "filter: a folder that is no cgroup");
	ok(kstop_filter(k, 1, comm, NULL) == 0, "filter: a name longer than the kernel's");
	ok(kstop_filter(k, 0, "", "") == 0, "filter: none");
	free(path);
}

void test_cgroup_path(struct kstop *k)
{
	char path[4096] = "", small[3] = "ab";

	ok(kstop_cgroup_path(k, 1, 1, path, sizeof(path)) < 0 || path[0] == '/',
	   "path of cgroup 1: %s", path);
	ok(kstop_cgroup_path(k, 0xdeadbeefdeadULL, 1, path, sizeof(path)) < 0 &&
		   kstop_cgroup_path(k, 0xdeadbeefdeadULL, 0, path, sizeof(path)) < 0,
	   "path of a cgroup that isn't");
	kstop_cgroup_path(k, 1, 1, small, sizeof(small));
	ok(!small[2], "path into a small buffer");
}

void test_tables(struct kstop *k)
{
	char text[1 << 16], tiny[8], long_name[400];
	int bytes;

	ok(kstop_table(k, "nothing", 0, 1) == -ENOENT, "table: an unknown probe");
	ok(kstop_table(k, "drops", KSTOP_TABLE, 1) == -ERANGE &&
		   kstop_table(k, "drops", ~0U, 1) == -ERANGE,
	   "table: past its end: %s", kstop_error(k));
	ok(kstop_table(k, "drops", KSTOP_TABLE - 1, 2) == 0 &&
		   kstop_table(k, "drops", KSTOP_TABLE - 1, 0) == 0,
	   "table: its last entry, set and taken back");
	ok(kstop_table(k, "oom", 0, 1) == 0 && kstop_table(k, "oom", 0, 0) == 0,
	   "table: of a probe that uses none");
	bytes = kstop_enums(k, "pid_type", text, sizeof(text));
	ok(bytes > 0 && (int)strlen(text) == bytes && strstr(text, "PIDTYPE_TGID 1\n"),
	   "enums: a kernel's: %d bytes", bytes);
	ok(kstop_enums(k, "no_such,pid_type,", tiny, sizeof(tiny)) == -ENOSPC,
	   "enums: a buffer that is too small");
	ok(kstop_enums(k, "no_such", text, sizeof(text)) == 0 && !text[0],
	   "enums: none of that name");
	ok(kstop_enums(k, "", text, sizeof(text)) == 0 && !text[0], "enums: no name");
	ok(kstop_enums(k, NULL, text, sizeof(text)) == -EINVAL &&
		   kstop_enums(k, "pid_type", NULL, 5) == -EINVAL &&
		   kstop_enums(k, "pid_type", text, 0) == -EINVAL,
	   "enums: nothing to ask for, nowhere to write");
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = 0;
	ok(kstop_enums(k, long_name, text, sizeof(text)) == -EINVAL, "enums: too long a name");
}

void test_objects(void)
{
	struct kstop_attr attr = {.size = sizeof(attr), .object_dir = "/nonexistent"};
	char why[256], method[16], reason[512], folder[] = "/tmp/kstop-abi-XXXXXX", path[64];
	char *longest = malloc(10001);
	struct kstop *k = kstop_open(&attr, why, sizeof(why));
	FILE *file;

	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_UNAVAILABLE &&
		   strstr(reason, "sched.bpf.o"),
	   "an object that is missing: %s", reason);
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   kstop_probe_off(k, "sched") == KSTOP_OFF,
	   "and again, and off");
	kstop_close(k);

	memset(longest, '/', 10000);
	longest[10000] = 0;
	attr.object_dir = longest;
	k = kstop_open(&attr, why, sizeof(why));
	ok(!k || kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE, "a folder's name too long");
	kstop_close(k);
	free(longest);

	attr.object_dir = mkdtemp(folder);
	snprintf(path, sizeof(path), "%s/sched.bpf.o", folder);
	file = fopen(path, "w");
	fputs("no ELF at all", file);
	fclose(file);
	k = kstop_open(&attr, why, sizeof(why));
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE, "an object that is none: %s",
	   kstop_error(k));
	kstop_close(k);
	unlink(path);
	rmdir(folder);
}

void test_skip(void)
{
	char method[16], reason[512];
	struct kstop *k = open_with("tp");

	kstop_probe_on(k, "sched");
	ok(kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_ATTACHED &&
		   !strcmp(method, "tp_btf"),
	   "skip: part of a method's name is none");
	kstop_close(k);
	k = open_with("fentry,tp_btf");
	kstop_probe_on(k, "sched");
	ok(kstop_probe_state(k, "sched", method, 16, reason, 512) == KSTOP_DEGRADED &&
		   !strcmp(method, "raw_tp") && strstr(reason, "tp_btf: skipped"),
	   "skip: the next method, and why: %s", reason);
	kstop_close(k);
	k = open_with("tp_btf,raw_tp");
	ok(kstop_probe_on(k, "sched") == KSTOP_UNAVAILABLE &&
		   strstr(kstop_error(k), "raw_tp: skipped"),
	   "skip: none left: %s", kstop_error(k));
	kstop_close(k);
}

void test_roles(void)
{
	struct kstop_role role = {.size = sizeof(role)}, wrong = {.size = sizeof(role) - 1};
	struct kstop *k = open_with("tp_btf");
	uint32_t count = 0;

	ok(kstop_probe_role(k, "sched", 0, NULL) == -EINVAL &&
		   kstop_probe_role(k, "sched", 0, &wrong) == -EINVAL,
	   "role: no struct, or one of another size");
	ok(!kstop_probe_role(k, "sched", 0, &role) && role.required && !role.attached &&
		   !role.method[0] && !role.program[0],
	   "role: of a probe that never was on");
	kstop_probe_on(k, "sched");
	ok(!kstop_probe_role(k, "sched", 0, &role) && role.attached &&
		   !strcmp(role.method, "raw_tp") && !strcmp(role.program, "sched_switch_raw") &&
		   !strcmp(role.refused, "tp_btf: skipped") && strstr(role.lost, "hash"),
	   "role: a lesser method, what it loses, what was refused: %s", role.lost);
	while (!kstop_probe_role(k, "sched", count, &role) && role.name[0])
		count++;
	ok(count == 2 && kstop_probe_role(k, "sched", count, &role) == -ERANGE &&
		   kstop_probe_role(k, "sched", UINT32_MAX, &role) == -ERANGE,
	   "role: past the last one");
	kstop_probe_on(k, "block");
	ok(!kstop_probe_role(k, "block", 0, &role) && !role.attached && !role.method[0] &&
		   !strcmp(role.refused, "tp_btf: skipped"),
	   "role: of a probe that is unavailable");
	kstop_probe_off(k, "sched");
	ok(!kstop_probe_role(k, "sched", 0, &role) && !role.attached && !role.method[0],
	   "role: of a probe that was switched off");
	kstop_close(k);
}
