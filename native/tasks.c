// SPDX-License-Identifier: GPL-2.0-only
/* The process table: from the threads of two passes of the task iterator, what each process had
 * between them. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Entries by number, each of which begins with its key; slots hold entry numbers, 1 and up. */
struct table {
	uint8_t *entries;
	size_t bytes; /* of an entry */
	uint32_t count, room;
	uint32_t *slots;
	uint32_t mask; /* their number - 1, at least twice `room` */
};

struct thread {
	uint32_t tid;
	bool waiting;
	uint64_t start_ns;
	uint64_t delay_ns;
	uint64_t switches;
	uint64_t asleep_ns; /* waits uninterruptibly at least since this moment; 0: doesn't */
};

struct process {
	uint32_t pid;
	bool led;		 /* its leader's row has come */
	struct ks_group_row row; /* since it began; rss_growth and delay_ns since the last pass */
};

struct pass {
	struct table threads, processes;
	uint64_t began_ns;
};

#define CHUNK 65536 /* more than the kernel hands out at once */

struct tasks {
	struct pass last, now;
	bool had_last;
	uint32_t page_bytes;
	uint8_t chunk[CHUNK];
};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Fibonacci hashing: neighbouring numbers spread. */
static uint32_t *slot_of(const struct table *t, uint32_t key)
{
	for (uint32_t i = key * 2654435769u;; i++) {
		uint32_t *slot = &t->slots[i & t->mask];

		if (!*slot || *(uint32_t *)(t->entries + (*slot - 1) * t->bytes) == key)
			return slot;
	}
}

static void *find(const struct table *t, uint32_t key)
{
	uint32_t *slot = t->count ? slot_of(t, key) : NULL;

	return slot && *slot ? t->entries + (*slot - 1) * t->bytes : NULL;
}

static bool grow(struct table *t)
{
	uint32_t room = t->room ? 2 * t->room : 512, size = 2 * room;
	uint8_t *entries = realloc(t->entries, room * t->bytes);
	uint32_t *slots;

	if (!entries)
		return false;
	t->entries = entries;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->mask = size - 1;
	t->room = room;
	for (uint32_t i = 0; i < t->count; i++)
		*slot_of(t, *(uint32_t *)(entries + i * t->bytes)) = i + 1;
	return true;
}

/* The entry of a key, zeroed when it is new; NULL: no memory. */
static void *take(struct table *t, uint32_t key)
{
	uint8_t *entry = find(t, key);

	if (entry)
		return entry;
	if (t->count == t->room && !grow(t))
		return NULL;
	entry = t->entries + t->count * t->bytes;
	memset(entry, 0, t->bytes);
	*(uint32_t *)entry = key;
	*slot_of(t, key) = ++t->count;
	return entry;
}

static void clear(struct table *t)
{
	t->count = 0;
	if (t->slots)
		memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
}

static void free_pass(struct pass *pass)
{
	free(pass->threads.entries);
	free(pass->threads.slots);
	free(pass->processes.entries);
	free(pass->processes.slots);
}

void free_tasks(struct kstop *k)
{
	if (!k->tasks)
		return;
	free_pass(&k->tasks->last);
	free_pass(&k->tasks->now);
	free(k->tasks);
	k->tasks = NULL;
}

static bool make_tasks(struct kstop *k)
{
	if (k->tasks)
		return true;
	k->tasks = calloc(1, sizeof(*k->tasks));
	if (!k->tasks)
		return false;
	k->tasks->page_bytes = sysconf(_SC_PAGESIZE);
	k->tasks->last.threads.bytes = k->tasks->now.threads.bytes = sizeof(struct thread);
	k->tasks->last.processes.bytes = k->tasks->now.processes.bytes = sizeof(struct process);
	return true;
}

/* Was it born since the last pass? Then all that it had belongs to the interval. */
static bool is_newborn(const struct tasks *t, uint64_t start_ns)
{
	return t->had_last && start_ns >= t->last.began_ns;
}

static bool is_queued(const struct ks_task_row *row)
{
	return row->waiting_ns && !row->state;
}

static bool is_uninterruptible(uint32_t state)
{
	return (state & KS_TASK_UNINTERRUPTIBLE) && !(state & KS_TASK_NOLOAD);
}

/* Since which pass it has waited uninterruptibly without getting a CPU in between. */
static uint64_t asleep_since(const struct tasks *t, const struct ks_task_row *row,
			     const struct thread *before)
{
	if (!is_uninterruptible(row->state))
		return 0;
	if (before && before->asleep_ns && before->switches == row->voluntary + row->involuntary)
		return before->asleep_ns;
	return t->now.began_ns;
}

/*
 * The kernel stamps a sleeper that moves to another CPU as if it waited there, and keeps that
 * stamp when it wakes: a wait can't have begun before the task was last seen without one. When a
 * sleeper last ran is forgotten then: it is known to have waited since it was first seen to.
 */
static uint64_t waiting_ns(const struct tasks *t, const struct ks_task_row *row,
			   const struct thread *before, uint64_t asleep_ns)
{
	uint64_t from = before && !before->waiting ? t->last.began_ns : row->start_ns;
	uint64_t most = t->now.began_ns > from ? t->now.began_ns - from : 0;

	if (asleep_ns && !row->waiting_ns)
		return t->now.began_ns - asleep_ns;
	return is_queued(row) && row->waiting_ns > most ? most : row->waiting_ns;
}

/* Which of its threads' states says most of a process. */
static int weight(uint32_t state)
{
	if (state == KS_TASK_RUNNING)
		return 3;
	return is_uninterruptible(state) ? 2 : 1;
}

static void lead(struct process *process, const struct ks_task_row *row)
{
	struct ks_group_row *sum = &process->row;

	process->led = true;
	sum->start_ns = row->start_ns;
	sum->pid = row->tgid;
	sum->ppid = row->ppid;
	sum->uid = row->uid;
	sum->cgroup_id = row->cgroup_id;
	memcpy(sum->comm, row->comm, sizeof(sum->comm));
	if (weight(row->state) >= weight(sum->state) || sum->threads == 0)
		sum->state = row->state;
}

static int add_thread(struct tasks *t, const struct ks_task_row *row)
{
	const struct thread *before = t->had_last ? find(&t->last.threads, row->tid) : NULL;
	struct process *process = take(&t->now.processes, row->tgid);
	struct thread *thread = take(&t->now.threads, row->tid);
	struct ks_group_row *sum;
	uint64_t waiting;

	if (!process || !thread)
		return -ENOMEM;
	if (before && before->start_ns != row->start_ns)
		before = NULL;
	sum = &process->row;
	thread->start_ns = row->start_ns;
	thread->delay_ns = row->delay_ns;
	thread->waiting = is_queued(row);
	thread->switches = row->voluntary + row->involuntary;
	thread->asleep_ns = asleep_since(t, row, before);
	if (before && row->delay_ns > before->delay_ns)
		sum->delay_ns += row->delay_ns - before->delay_ns;
	else if (!before && is_newborn(t, row->start_ns))
		sum->delay_ns += row->delay_ns;
	waiting = waiting_ns(t, row, before, thread->asleep_ns);
	if (waiting > sum->waiting_ns)
		sum->waiting_ns = waiting;
	if (row->tid == row->tgid)
		lead(process, row);
	else if (sum->threads == 0 || weight(row->state) > weight(sum->state))
		sum->state = row->state;
	sum->threads++;
	sum->cpu_ns += row->cpu_ns;
	sum->voluntary += row->voluntary;
	sum->involuntary += row->involuntary;
	sum->minor += row->minor;
	sum->major += row->major;
	if (row->rss_pages * t->page_bytes > sum->rss_bytes)
		sum->rss_bytes = row->rss_pages * t->page_bytes;
	return 0;
}

static int run_pass(struct tasks *t, int fd)
{
	int n, err = 0;

	clear(&t->now.threads);
	clear(&t->now.processes);
	t->now.began_ns = monotonic_ns();
	while (!err && (n = read(fd, t->chunk, sizeof(t->chunk))) > 0) {
		if (n % sizeof(struct ks_task_row))
			return -EIO;
		for (int at = 0; !err && at < n; at += sizeof(struct ks_task_row))
			err = add_thread(t, (void *)(t->chunk + at));
	}
	return err ? err : n < 0 ? -errno : 0;
}

/* What it had since; a thread on its way out is in neither sum for a moment: nothing goes back. */
static __u64 grown(__u64 *now, __u64 before)
{
	if (*now < before)
		*now = before;
	return *now - before;
}

static void write_row(struct tasks *t, struct process *process, struct ks_group_row *out)
{
	const struct process *old = t->had_last ? find(&t->last.processes, process->pid) : NULL;
	static const struct ks_group_row nothing;
	const struct ks_group_row *before = &nothing;
	struct ks_group_row *sum = &process->row;

	if (old && old->led && old->row.start_ns == sum->start_ns)
		before = &old->row;
	*out = *sum;
	out->known = before != &nothing || is_newborn(t, sum->start_ns);
	out->cpu_ns = grown(&sum->cpu_ns, before->cpu_ns);
	out->voluntary = grown(&sum->voluntary, before->voluntary);
	out->involuntary = grown(&sum->involuntary, before->involuntary);
	out->minor = grown(&sum->minor, before->minor);
	out->major = grown(&sum->major, before->major);
	out->rss_growth = sum->rss_bytes - before->rss_bytes;
	out->page_bytes = t->page_bytes;
}

/*
 * The rows of tasks: a process each. A pass whose rows find no room is as if it had not been; one
 * that fails, or that there can't be because the iterator isn't attached, ends what is known.
 */
int group_rows(struct kstop *k, struct probe *probe, uint64_t epoch, struct sink *sink)
{
	int fd = begin_pass(probe, "list_tasks"), err = -ENOMEM;
	struct tasks *t;

	if (fd >= 0 && make_tasks(k))
		err = run_pass(k->tasks, fd);
	if (fd >= 0)
		close(fd);
	t = k->tasks;
	if (fd < 0 || err) {
		if (t)
			t->had_last = false;
		return 0;
	}
	if (sink->left / sizeof(struct ks_group_row) < t->now.processes.count)
		return -ENOSPC;
	for (uint32_t i = 0; i < t->now.processes.count; i++) {
		struct process *process =
			(void *)(t->now.processes.entries + i * t->now.processes.bytes);

		if (process->led)
			write_row(t, process, next_row(sink, sizeof(struct ks_group_row)));
	}
	struct pass old = t->last;

	t->last = t->now;
	t->now = old;
	t->had_last = true;
	return 0;
}
