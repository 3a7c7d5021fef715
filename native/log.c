// SPDX-License-Identifier: GPL-2.0-only
/* libbpf's messages: into the handle, never onto the terminal. */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* libbpf's print callback is global and has no argument: the handle of the call that this thread
 * runs. */
static __thread struct kstop *current;

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	struct kstop *k = current;
	int length;

	if (!k || level == LIBBPF_DEBUG)
		return 0;
	length = vsnprintf(k->log + k->log_used, LOG_BYTES - k->log_used, format, args);
	if (length > 0) {
		k->log_used += length;
		if (k->log_used >= LOG_BYTES)
			k->log_used = LOG_BYTES - 1;
	}
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
