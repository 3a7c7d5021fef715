// SPDX-License-Identifier: GPL-2.0-only
/* Never loaded: carries the BTF of every wire structure, from which native/gen-wire.c makes the
 * offsets. */
#include "wire.h"

struct ks_sched_event sched_event = {};
struct ks_block_event block_event = {};
struct ks_oom_event oom_event = {};
struct ks_retransmit_event retransmit_event = {};
struct ks_snapshot snapshot = {};
struct ks_hist_row hist_row = {};
struct ks_netns_row netns_row = {};
enum ks_event_type event_type = KS_SCHED_LATENCY;
enum ks_event_flags event_flags = KS_HAS_TASK;
enum ks_sched_cause sched_cause = KS_CAUSE_QUEUE;
enum ks_block_op block_op = KS_OP_READ;
enum ks_block_owner block_owner = KS_OWNER_UNKNOWN;
enum ks_oom_flags oom_flags = KS_OOM_HAS_MM;
