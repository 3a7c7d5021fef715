// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the pages of one process come from: what the page allocator gives to its threads, summed up
 * by the kernel's stack and the program's own. Of settings.focus_pid alone, whatever the filter
 * says; while that is 0 of nobody.
 *
 * By raw_tp and not tp_btf: with types older verifiers take the page, which is NULL when there was
 * none left, for never NULL.
 *
 * The kernel's own map of stacks has one place for all whose hashes end alike: of a thousand stacks
 * it would refuse a hundred. Here they are kept by a hash of 64 bits.
 */
#include "counters.h"

#define ROWS		  8192
#define KERNEL_STACKS	  2048
#define USER_STACKS	  8192
#define UNKNOWN		  0
#define BYTES(frames)	  ((frames) * sizeof(__u64))
#define FIBONACCI_HASHING 0x9e3779b97f4a7c15ULL

struct page;

struct kernel_stack {
	__u64 frames[KS_KERNEL_FRAMES];
};

struct user_stack {
	__u64 frames[KS_USER_FRAMES];
};

/* Where a CPU takes stacks. busy: an allocation in an interrupt finds another one's. */
struct scratch {
	struct kernel_stack kernel;
	struct user_stack user;
	__u64 busy;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KERNEL_STACKS);
	__type(key, __u64);
	__type(value, struct kernel_stack);
} kernel_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, USER_STACKS);
	__type(key, __u64);
	__type(value, struct user_stack);
} user_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ROWS);
	__type(key, struct ks_pages_key);
	__type(value, struct ks_pages);
} pages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ks_pages_lost);
} beyond SEC(".maps");

static __always_inline struct ks_pages_lost *lost(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&beyond, &zero);
}

static __always_inline void lose_stack(void)
{
	struct ks_pages_lost *none = lost();

	if (none)
		ks_add(&none->stacks, 1);
}

static __always_inline __u64 hash_of(const __u64 *frames, const int count)
{
	__u64 hash = count;

#pragma unroll
	for (int i = 0; i < count; i++) {
		hash = (hash ^ frames[i]) * FIBONACCI_HASHING;
		hash ^= hash >> 32;
	}
	return hash == UNKNOWN ? 1 : hash;
}

/* The stack's number; unknown where there is none, or no room for it. */
static __always_inline __u64 stack_of(void *ctx, void *map, __u64 *frames, const int count,
				      __u64 flags)
{
	__u64 number;

	if (bpf_get_stack(ctx, frames, BYTES(count), flags) <= 0)
		return UNKNOWN;
	number = hash_of(frames, count);
	if (bpf_map_lookup_elem(map, &number))
		return number;
	bpf_map_update_elem(map, &number, frames, BPF_NOEXIST);
	if (bpf_map_lookup_elem(map, &number))
		return number;
	lose_stack();
	return UNKNOWN;
}

static __always_inline void take_stacks(void *ctx, struct ks_pages_key *key)
{
	__u32 zero = 0;
	struct scratch *here = bpf_map_lookup_elem(&scratches, &zero);

	if (!here || here->busy) {
		lose_stack();
		return;
	}
	here->busy = 1;
	barrier();
	key->kernel = stack_of(ctx, &kernel_stacks, here->kernel.frames, KS_KERNEL_FRAMES, 0);
	key->user =
		stack_of(ctx, &user_stacks, here->user.frames, KS_USER_FRAMES, BPF_F_USER_STACK);
	barrier();
	here->busy = 0;
}

static __always_inline struct ks_pages *sum_of(const struct ks_pages_key *key)
{
	struct ks_pages *sum = bpf_map_lookup_elem(&pages, key), zero = {};

	if (sum)
		return sum;
	bpf_map_update_elem(&pages, key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&pages, key);
}

static __always_inline void count(void *ctx, __u32 pid, __u64 got)
{
	struct ks_pages_key key = {.pid = pid};
	struct ks_pages_lost *none;
	struct ks_pages *sum;

	take_stacks(ctx, &key);
	sum = sum_of(&key);
	if (sum) {
		ks_add(&sum->allocations, 1);
		ks_add(&sum->pages, got);
		return;
	}
	none = lost();
	if (none) {
		ks_add(&none->sum.allocations, 1);
		ks_add(&none->sum.pages, got);
	}
}

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(page_alloc, struct page *page, unsigned int order)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct ks_counters *n = this_cpu();

	if (n)
		ks_add(&n->runs, 1);
	/* The idle task's number is 0 too. */
	if (!pid || pid != settings.focus_pid || !page)
		return 0;
	count(ctx, pid, 1ULL << (order & 63));
	return 0;
}
