// SPDX-License-Identifier: GPL-2.0-only
/* libbpf's messages: into the handle, never onto the terminal. */
#include "internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* libbpf's print callback is global and has no argument: the handle of the call that this thread
 * runs. */
static __thread struct kstop *current;

/* The verifier tells a whole program line by line, and what is wrong at the end: of a text too long
 * the end is kept. */
static void keep_end(struct kstop *k, const char *format, va_list args, size_t length)
{
	char *text = malloc(length + 1);

	if (!text)
		return;
	vsnprintf(text, length + 1, format, args);
	if (length >= LOG_BYTES / 2) {
		memmove(text, text + length - (LOG_BYTES / 2 - 1), LOG_BYTES / 2);
		length = LOG_BYTES / 2 - 1;
	}
	if (k->log_used + length >= LOG_BYTES) {
		memmove(k->log, k->log + LOG_BYTES / 2, LOG_BYTES / 2);
		k->log_used -= LOG_BYTES / 2;
	}
	memcpy(k->log + k->log_used, text, length + 1);
	k->log_used += length;
	free(text);
}

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	struct kstop *k = current;
	va_list again;
	int length;

	if (!k || level == LIBBPF_DEBUG)
		return 0;
	va_copy(again, args);
	length = vsnprintf(k->log + k->log_used, LOG_BYTES - k->log_used, format, args);
	if (length > 0 && k->log_used + length >= LOG_BYTES)
		keep_end(k, format, again, length);
	else if (length > 0)
		k->log_used += length;
	va_end(again);
	return 0;
}

/* From the first call on: counting CPUs has a message too. */
__attribute__((constructor)) static void keep_messages(void)
{
	libbpf_set_print(keep);
}

void log_begin(struct kstop *k)
{
	current = k;
	k->log_used = 0;
	k->log[0] = 0;
}

void log_end(void)
{
	current = NULL;
}

bool log_culprit(struct kstop *k, char *name, size_t size)
{
	char *end, *found = strstr(k->log, "': failed to ");
	char *start = found;

	if (!found)
		return false;
	while (start > k->log && start[-1] != '\'' && start[-1] != '\n')
		start--;
	end = found;
	if (start == k->log || start[-1] != '\'' || (size_t)(end - start) >= size)
		return false;
	memcpy(name, start, end - start);
	name[end - start] = 0;
	return true;
}

/*
 * A kernel locked down for confidentiality offers no helper that reads its memory (bpf_trace.c:
 * LOCKDOWN_BPF_READ_KERNEL). libbpf takes that for a kernel from before bpf_probe_read_kernel and
 * asks for the older helper, which every other kernel has.
 */
static bool is_locked_down(struct kstop *k)
{
	return strstr(k->log, "unknown func bpf_probe_read#") ||
	       strstr(k->log, "cannot use helper bpf_probe_read#");
}

/* Number of the first user namespace: PROC_USER_INIT_INO, linux/proc_ns.h */
#define FIRST_USER_NS 0xEFFFFFFDU

/* CAP_BPF (39) or CAP_SYS_ADMIN (21) in effect, and where BPF asks for them: EPERM is not for want
 * of them. */
static bool may_use_bpf(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {{0}};
	struct stat space;

	if (syscall(SYS_capget, &head, caps) || stat("/proc/self/ns/user", &space) ||
	    space.st_ino != FIRST_USER_NS)
		return false;
	return (caps[1].effective & 1U << (39 - 32)) || (caps[0].effective & 1U << 21);
}

/*
 * Until 5.11 (memory cgroups took over, bpf: memcg-based memory accounting) what BPF takes counts
 * as the user's locked memory. libbpf lifts that limit where it may.
 */
static bool lacks_locked_memory(void)
{
	struct rlimit limit;
	struct utsname name;
	int major, minor;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	if (major > 5 || (major == 5 && minor >= 11))
		return false;
	return !getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	       may_use_bpf();
}

const char *log_host_lacks(struct kstop *k, int err)
{
	if (is_locked_down(k))
		return "the kernel is locked down (confidentiality): no program may read its "
		       "memory";
	if (err == -EPERM && lacks_locked_memory())
		return "the limit of locked memory is too low for this kernel (before 5.11)";
	return NULL;
}

/* Lines that say why: the verifier's, or "failed to find …"; not its summary, not libbpf's memlock
 * advice. */
static bool is_verdict(const char *line, size_t length)
{
	static const char *const noise[] = {"ulimit",
					    "BEGIN PROG LOAD LOG",
					    "END PROG LOAD LOG",
					    "processed ",
					    "failed to load",
					    "BPF program load failed",
					    "failed to load object",
					    "verification time",
					    "stack depth"};

	if (length < 4)
		return false;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (memmem(line, length, noise[i], strlen(noise[i])))
			return false;
	return true;
}

void log_verdict(struct kstop *k, const char *program, int err, char *text, size_t size)
{
	const char *best = NULL, *line = k->log;
	size_t best_length = 0;

	while (*line) {
		size_t length = strcspn(line, "\n");

		if (is_verdict(line, length)) {
			best = line;
			best_length = length;
		}
		line += length + (line[length] == '\n');
	}
	if (best && !strncmp(best, "libbpf: ", 8)) {
		best += 8;
		best_length -= 8;
	}
	if (best_length > 120)
		best_length = 120;
	if (err == -ESRCH && strstr(k->log, "valid kernel BTF")) {
		snprintf(text, size, "%s: the kernel's type information (BTF) was not found",
			 program);
		return;
	}
	/* A verifier's or loader's sentence helps only where the errno doesn't say it all. */
	if (best && err != -EPERM && err != -ENOENT && err != -ESRCH)
		snprintf(text, size, "%s: %s: %.*s", program, strerrorname_np(-err) ?: "error",
			 (int)best_length, best);
	else
		snprintf(text, size, "%s: %s", program, strerrorname_np(-err) ?: "error");
}
