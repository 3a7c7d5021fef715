// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's memory pressure, noticed when it comes and not when somebody next looks: a trigger on
 * /proc/pressure/memory (Documentation/accounting/psi.rst), polled beside the ring buffer, asks for
 * a look at the file every two seconds in which any task was stalled at all.
 *
 * Whether that is pressure is decided here, by the file's own sums. The kernel could be asked for
 * the threshold itself, but for openers without CAP_SYS_RESOURCE (6.5 and newer) its first windows
 * begin with all stalls since the system started (psi_trigger_create takes the wrong aggregator's
 * sum), and so tell of pressure that isn't there.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_PRESSURE_FILE "/proc/pressure/memory"
/* The least stall in the shortest window that the kernel allows without CAP_SYS_RESOURCE. */
#define TRIGGER	      "some 1 2000000"
#define TRIGGER_EVERY 2000000000ULL

static const char *const LEVELS[KS_PRESSURE_LEVELS] = {"some", "full"};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* "some avg10=1.23 avg60=… avg300=… total=456": the average in hundredths of a percent. */
static void read_level(const char *text, int level, struct ks_pressure_event *event,
		       struct pressure_reading *reading)
{
	const char *line = strstr(text, LEVELS[level]),
		   *total = line ? strstr(line, "total=") : NULL;
	unsigned whole, hundredths;
	unsigned long long us;

	if (total && sscanf(total, "total=%llu", &us) == 1)
		reading->stalled_us[level] = us;
	if (line &&
	    sscanf(line + strlen(LEVELS[level]), " avg10=%u.%2u", &whole, &hundredths) == 2) {
		event->known |= 1 << level;
		event->avg10_centi_pct[level] = whole * 100 + hundredths;
	}
}

static void read_file(int fd, struct ks_pressure_event *event, struct pressure_reading *reading)
{
	char text[256];
	ssize_t bytes = pread(fd, text, sizeof(text) - 1, 0);

	text[bytes < 0 ? 0 : bytes] = 0;
	reading->ns = monotonic_ns();
	for (int level = 0; level < KS_PRESSURE_LEVELS; level++)
		read_level(text, level, event, reading);
}

/*
 * The sum at a time between readings. Where two are further apart than the trigger's window nothing
 * stalled until shortly before the second.
 */
static uint64_t stalled_at(const struct pressure *p, int level, uint64_t ns)
{
	const struct pressure_reading *before = &p->past[0], *after = NULL;

	for (unsigned i = 0; i < p->count && p->past[i].ns <= ns; i++) {
		before = &p->past[i];
		after = i + 1 < p->count ? &p->past[i + 1] : NULL;
	}
	if (!after || before->ns > ns || after->ns - before->ns > 2 * TRIGGER_EVERY)
		return before->stalled_us[level];
	return before->stalled_us[level] + (after->stalled_us[level] - before->stalled_us[level]) *
						   (ns - before->ns) / (after->ns - before->ns);
}

static void remember(struct pressure *p, const struct pressure_reading *reading)
{
	if (p->count == PRESSURE_READINGS)
		memmove(p->past, p->past + 1, --p->count * sizeof(p->past[0]));
	p->past[p->count++] = *reading;
}

/* Is there pressure of this level now, and was that said less than a window ago? */
static bool is_due(struct pressure *p, int level, const struct pressure_reading *now)
{
	uint64_t window_ns = p->window_us * 1000ULL;
	uint64_t grown = now->stalled_us[level] - stalled_at(p, level, now->ns - window_ns);

	if (grown < p->stall_us[level] ||
	    (p->said_ns[level] && now->ns - p->said_ns[level] < window_ns))
		return false;
	p->said_ns[level] = now->ns;
	return true;
}

/*
 * Looks are due also without the trigger: for openers without CAP_SYS_RESOURCE the kernel decides
 * on triggers only where it makes its averages, and a reader of the file who is there first makes
 * them without (psi_show, psi_avgs_work; 6.5 and newer).
 */
int pressure_due_ms(struct kstop *k)
{
	struct pressure *p = &k->pressure;
	uint64_t since = 0;
	bool on;

	pthread_mutex_lock(&p->lock);
	on = p->fd >= 0 && p->count;
	if (on)
		since = monotonic_ns() - p->past[p->count - 1].ns;
	pthread_mutex_unlock(&p->lock);
	if (!on)
		return INT_MAX;
	return since < TRIGGER_EVERY ? (TRIGGER_EVERY - since + 999999) / 1000000 : 0;
}

/* One record for each level that has just been reached. */
static size_t look(struct pressure *p, uint8_t *out)
{
	struct pressure_reading now = {};
	struct ks_pressure_event event = {
		.e = {.type = KS_PRESSURE, .size = sizeof(event)},
	};
	size_t used = 0;

	read_file(p->fd, &event, &now);
	remember(p, &now);
	for (int level = 0; level < KS_PRESSURE_LEVELS; level++) {
		if (!is_due(p, level, &now))
			continue;
		event.e.mono_ns = now.ns;
		event.level = level;
		memcpy(out + used, &event, sizeof(event));
		used += sizeof(event);
	}
	return used;
}

size_t pressure_records(struct kstop *k, void *out)
{
	size_t used = 0;

	pthread_mutex_lock(&k->pressure.lock);
	if (k->pressure.fd >= 0)
		used = look(&k->pressure, out);
	pthread_mutex_unlock(&k->pressure.lock);
	return used;
}

static int open_trigger(struct kstop *k)
{
	struct epoll_event wanted = {.events = EPOLLPRI, .data.fd = PRESSURE_MARK};
	struct pressure_reading now = {};
	struct ks_pressure_event unused = {};
	struct pressure *p = &k->pressure;

	p->fd = open(MEMORY_PRESSURE_FILE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0 || write(p->fd, TRIGGER, sizeof(TRIGGER)) < 0 ||
	    epoll_ctl(ring_buffer__epoll_fd(k->ring), EPOLL_CTL_ADD, p->fd, &wanted))
		return -errno;
	p->count = 0;
	memset(p->said_ns, 0, sizeof(p->said_ns));
	read_file(p->fd, &unused, &now);
	remember(p, &now);
	return 0;
}

/* Its descriptor takes itself out of the epoll set. */
static void close_trigger(struct pressure *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int kstop_pressure(struct kstop *k, uint32_t some_us, uint32_t full_us, uint32_t window_us)
{
	struct pressure *p = &k->pressure;
	int err = 0;

	if (window_us && is_skipped(k, "psi"))
		return fail(k, -ENOTSUP, "psi: skipped");
	/* Four times as much is remembered as the readings of a window take. */
	if (window_us > PRESSURE_READINGS / 4 * (TRIGGER_EVERY / 1000))
		return fail(k, -EINVAL, "psi: a window of %u s is too long", window_us / 1000000);
	pthread_mutex_lock(&p->lock);
	close_trigger(p);
	p->window_us = window_us;
	p->stall_us[KS_PRESSURE_SOME] = some_us;
	p->stall_us[KS_PRESSURE_FULL] = full_us;
	if (window_us)
		err = open_trigger(k);
	if (err)
		close_trigger(p);
	pthread_mutex_unlock(&p->lock);
	return err ? fail(k, err, "psi: %s", strerrorname_np(-err) ?: "error") : 0;
}
