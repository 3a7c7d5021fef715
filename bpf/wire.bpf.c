// SPDX-License-Identifier: GPL-2.0-only
/* Never loaded: carries the BTF of every wire structure, from which native/gen-wire.c makes the
 * offsets. */
#include "wire.h"

_Static_assert(sizeof(struct ks_sched_event) <= KS_RECORD_MAX, "no record is larger");
_Static_assert(sizeof(struct ks_vfs_event) <= KS_RECORD_MAX, "no record is larger");

struct ks_sched_event sched_event = {};
struct ks_switch one_switch = {};
struct ks_block_event block_event = {};
struct ks_oom_event oom_event = {};
struct ks_retransmit_event retransmit_event = {};
struct ks_fault_event fault_event = {};
struct ks_reclaim_event reclaim_event = {};
enum ks_reclaim reclaim = KS_RECLAIM_DIRECT;
struct ks_group_row group_row = {};
struct ks_wakeup_row wakeup_row = {};
struct ks_pages_row pages_row = {};
struct ks_pressure_event pressure_event = {};
enum ks_pressure_level pressure_level = KS_PRESSURE_SOME;
struct ks_drop_event drop_event = {};
struct ks_drop_row drop_row = {};
struct ks_traffic_row traffic_row = {};
struct ks_vfs_event vfs_event = {};
struct ks_lockup_event lockup_event = {};
struct ks_syscall_event syscall_event = {};
struct ks_syscall_row syscall_row = {};
struct ks_exec_event exec_event = {};
struct ks_exit_event exit_event = {};
struct ks_cgroup_names cgroup_names = {};
struct ks_fork_event fork_event = {};
struct ks_process_row process_row = {};
struct ks_snapshot snapshot = {};
struct ks_hist_row hist_row = {};
struct ks_flights flights = {};
struct ks_flight flight = {};
struct ks_netns_row netns_row = {};
enum ks_event_type event_type = KS_SCHED_LATENCY;
enum ks_event_flags event_flags = KS_HAS_TASK;
enum ks_task_state task_state = KS_TASK_RUNNING;
enum ks_sched_cause sched_cause = KS_CAUSE_QUEUE;
enum ks_block_op block_op = KS_OP_READ;
enum ks_block_owner block_owner = KS_OWNER_UNKNOWN;
enum ks_oom_flags oom_flags = KS_OOM_HAS_MM;
enum ks_drop_class drop_class = KS_DROP_NORMAL;
enum ks_drop_flags drop_flags = KS_DROP_HAS_ADDRESSES;
enum ks_vfs_op vfs_op = KS_VFS_READ;
enum ks_vfs_flags vfs_flags = KS_VFS_HAS_FILE;
enum ks_lockup_kind lockup_kind = KS_SOFT_LOCKUP;
enum ks_lockup_flags lockup_flags = KS_LOCKUP_HAS_STUCK;
enum ks_syscall_flags syscall_flags = KS_SYSCALL_COMPAT;
enum ks_syscall_class syscall_class = KS_SYSCALL_CALL;
enum ks_cgroup_most cgroup_most = KS_CGROUP_DEPTH;
enum ks_exec_flags exec_flags = KS_EXEC_FILE_CUT;
enum ks_exit_flags exit_flags = KS_EXIT_HAS_CPU;
enum ks_process_count process_count = KS_ENDED_WELL;
