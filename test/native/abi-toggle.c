// SPDX-License-Identifier: GPL-2.0-only
/* abi-test: probes on and off, refused and back again, and what they leave. */
#include "abi.h"

#include <sys/resource.h>

/* Each as it would be alone, also when all are on already. */
void test_at_once(struct kstop *k)
{
	enum kstop_state alone[PROBE_COUNT];
	char names[512] = "";
	int files = 0, good = 0;

	for (size_t p = 0; p < PROBE_COUNT; p++) {
		alone[p] = kstop_probe_on(k, PROBES[p]);
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", p ? "," : "",
			 PROBES[p]);
	}
	files = open_files();
	for (int i = 0; i < 10; i++) {
		for (size_t p = 0; p < PROBE_COUNT; p++)
			kstop_probe_off(k, PROBES[p]);
		good += kstop_probes_on(k, names) == 0 && kstop_probes_on(k, names) == 0;
		for (size_t p = 0; p < PROBE_COUNT; p++)
			good += (enum kstop_state)kstop_probe_state(k, PROBES[p], NULL, 0, NULL,
								    0) == alone[p];
	}
	ok(good == 10 * (int)(1 + PROBE_COUNT), "all at once, ten times: as each alone: %d", good);
	ok(open_files() == files, "all at once: no descriptor is left behind");
	for (size_t p = 0; p < PROBE_COUNT; p++)
		kstop_probe_off(k, PROBES[p]);
}

/* What the verifier may take to understand sched_switch, in instructions: the time of a start on an
 * old kernel goes with it. About 10,000 with task storage, 14,500 with the hash. */
#define VERIFIED_MOST 20000

/* The programs at sched_switch that this process holds; kernels before 5.16 don't tell. */
static void test_verified(void)
{
	struct held held[256];
	size_t count = hold(held, 256);
	__u32 most = 0;

	for (size_t i = 0; i < count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = held[i].kind == 0 ? bpf_prog_get_fd_by_id(held[i].id) : -1;

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    !strncmp(info.name, "sched_switch", 12) && info.verified_insns > most)
			most = info.verified_insns;
		close(fd);
	}
	if (most)
		ok(most <= VERIFIED_MOST, "sched_switch: verified in %u instructions", most);
	else
		skip("sched_switch: this kernel doesn't tell how long it was verified");
}

/* The first time, when they are loaded too, in an engine of its own. */
void test_loaded_at_once(void)
{
	struct kstop *k = open_with(NULL);
	int good = 0;

	ok(k && kstop_probes_on(k, "sched,block,oom,retransmit") == 0, "loaded at once");
	for (size_t p = 0; k && p < PROBE_COUNT; p++)
		good += is_on(kstop_probe_state(k, PROBES[p], NULL, 0, NULL, 0));
	ok(good == 4, "loaded at once: four are on: %d", good);
	test_verified();
	kstop_close(k);
}

void test_toggle(struct kstop *k)
{
	int files = 0;

	for (size_t p = 0; p < PROBE_COUNT; p++) {
		int first = kstop_probe_on(k, PROBES[p]), good = 0;
		uint64_t runs = 0;
		bool grows = true;

		if (!ok(is_on(first), "%s can be attached", PROBES[p]))
			continue;
		ok(kstop_probe_on(k, PROBES[p]) == first, "%s: on twice", PROBES[p]);
		files = open_files();
		for (int i = 0; i < 50; i++) {
			struct ks_snapshot head;

			good += kstop_probe_off(k, PROBES[p]) == KSTOP_OFF &&
				kstop_probe_off(k, PROBES[p]) == KSTOP_OFF;
			good += kstop_probe_on(k, PROBES[p]) == first;
			head = counts(k, PROBES[p]);
			grows &= head.runs >= runs;
			runs = head.runs;
		}
		ok(good == 100 && grows, "%s: off and on 50 times, counts go on", PROBES[p]);
		ok(open_files() == files, "%s: no descriptor is left behind", PROBES[p]);
	}
	ok(kstop_find_owners(k) == 0, "owners of sockets are looked up");
	ok(kstop_statistics(k, 1) == 0 && kstop_statistics(k, 1) == 0 &&
		   kstop_statistics(k, 0) == 0 && kstop_statistics(k, 0) == 0,
	   "statistics on and off twice");
	for (size_t p = 0; p < PROBE_COUNT; p++)
		kstop_probe_off(k, PROBES[p]);
}

void test_pressure(struct kstop *k)
{
	struct kstop *without = open_with("psi");
	uint8_t buffer[SMALLEST];
	int files = open_files(), err = kstop_pressure(k, 1000000, 1000000, 10000000);

	ok(!err || kstop_error(k)[0], "pressure: on, or why not: %s", err ? kstop_error(k) : "");
	for (int i = 0; i < 50; i++)
		kstop_pressure(k, 1000000, 1000000, 10000000);
	ok(open_files() == files + !err, "pressure: on again and again, one descriptor");
	ok(kstop_drain(k, buffer, SMALLEST, 5) >= 0, "pressure: a drain beside it");
	ok(!kstop_pressure(k, 0, 0, 0) && !kstop_pressure(k, 0, 0, 0) && open_files() == files,
	   "pressure: off twice, no descriptor");
	ok(kstop_pressure(k, 1, 1, 4000000000u) == -EINVAL && open_files() == files,
	   "pressure: a window too long: %s", kstop_error(k));
	ok(kstop_pressure(without, 1, 1, 2000000) == -ENOTSUP, "pressure: skipped: %s",
	   kstop_error(without));
	kstop_close(without);
}

/* Refused on a later try, a probe says why, keeps its counts and comes back once it can. */
void test_refused_again(struct kstop *k)
{
	char method[16] = "x", reason[256] = "x";
	struct rlimit usual, tight;
	struct ks_snapshot before;
	int state;

	kstop_probe_on(k, "sched");
	play(100);
	ok(kstop_probe_off(k, "sched") == KSTOP_OFF &&
		   kstop_probe_state(k, "sched", method, 16, reason, 256) == KSTOP_OFF &&
		   !method[0] && !reason[0],
	   "a probe that is off has no method and no reason");
	before = counts(k, "sched");
	getrlimit(RLIMIT_NOFILE, &usual);
	tight = usual;
	tight.rlim_cur = dup(0);
	close(tight.rlim_cur);
	setrlimit(RLIMIT_NOFILE, &tight);
	state = kstop_probe_on(k, "sched");
	setrlimit(RLIMIT_NOFILE, &usual);
	kstop_probe_state(k, "sched", method, 16, reason, 256);
	ok(state == KSTOP_UNAVAILABLE && strstr(reason, "EMFILE") && !method[0],
	   "no descriptor left: %s", reason);
	ok(counts(k, "sched").runs == before.runs && before.runs > 0, "its counts stay");
	state = kstop_probe_on(k, "sched");
	kstop_probe_state(k, "sched", method, 16, reason, 256);
	ok(state == KSTOP_ATTACHED && !strcmp(method, "tp_btf") && !reason[0] &&
		   counts(k, "sched").runs >= before.runs,
	   "and it comes back by its best method");
	kstop_probe_off(k, "sched");
}

/* A part that could not be attached is tried anew with the probe. */
void test_part_again(struct kstop *k)
{
	char method[16], reason[512] = "";
	int first = kstop_probe_on(k, "lockup"), state = KSTOP_UNAVAILABLE;
	struct rlimit usual, tight;

	kstop_probe_off(k, "lockup");
	getrlimit(RLIMIT_NOFILE, &usual);
	tight = usual;
	tight.rlim_cur = dup(0);
	close(tight.rlim_cur);
	while (state == KSTOP_UNAVAILABLE) {
		tight.rlim_cur++;
		setrlimit(RLIMIT_NOFILE, &tight);
		state = kstop_probe_on(k, "lockup");
		setrlimit(RLIMIT_NOFILE, &usual);
	}
	kstop_probe_state(k, "lockup", method, 16, reason, 512);
	ok(state == KSTOP_DEGRADED && strstr(reason, "EMFILE"), "a part without a descriptor: %s",
	   reason);
	kstop_probe_off(k, "lockup");
	ok(kstop_probe_on(k, "lockup") == first, "it is back with the next try");
	kstop_probe_state(k, "lockup", method, 16, reason, 512);
	ok(!strstr(reason, "EMFILE"), "and nothing is said of it any more: %s", reason);
	kstop_probe_off(k, "lockup");
}

void test_nothing_stays(void)
{
	static struct held held[256];
	int files = open_files();
	struct kstop *k = open_with(NULL), *second = open_with(NULL);
	size_t count, programs = 0, links = 0;

	for (size_t p = 0; p < PROBE_COUNT; p++) {
		kstop_probe_on(k, PROBES[p]);
		kstop_probe_on(second, PROBES[p]);
	}
	count = hold(held, 256);
	for (size_t i = 0; i < count; i++) {
		programs += held[i].kind == 0;
		links += held[i].kind == 2;
	}
	ok(programs >= 8 && links >= 8 && alive(held, count) == count,
	   "two handles: %zu programs, %zu links, %zu maps", programs, links,
	   count - programs - links);
	kstop_close(k);
	ok(is_on(kstop_probe_state(second, "sched", NULL, 0, NULL, 0)) && alive(held, count) > 0,
	   "closing one leaves the other");
	kstop_close(second);
	ok(all_gone(held, count), "after closing nothing of it is left in the kernel");
	ok(open_files() == files, "and no descriptor");
}
