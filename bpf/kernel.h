/* SPDX-License-Identifier: GPL-2.0-only */
/* The few kernel types and fields that the programs read; offsets are relocated at load (CO-RE). */
#ifndef KSTOP_KERNEL_H
#define KSTOP_KERNEL_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	const char *name;
	u64 id;
};

struct cgroup_root;

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
	int level;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[4];
	struct cgroup *dfl_cgrp;
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
	unsigned long long last_queued;
};

struct cfs_bandwidth {
	u64 quota;
};

struct task_group {
	struct task_group *parent;
	struct cfs_bandwidth cfs_bandwidth;
};

struct rq {
	u64 clock;
	u64 clock_task; /* less what interrupts took */
};

struct cfs_rq {
	struct rq *rq;
	struct task_group *tg;
	u64 throttled_clock_pelt_time; /* 5.19+ */
};

struct cfs_rq___5_18 {
	u64 throttled_clock_task_time;
};

struct sched_entity {
	u64 exec_start;
	u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
	unsigned char sched_delayed; /* 6.12+ */
};

typedef struct {
	u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

/* 6.2 turned the array of counters into percpu counters. */
struct percpu_counter {
	s64 count;
};

typedef struct {
	s64 counter;
} atomic_long_t;

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start;
	unsigned long arg_end;
	struct percpu_counter rss_stat[4];
};

struct mm_rss_stat___6_1 {
	atomic_long_t count[4];
};

struct mm_struct___6_1 {
	struct mm_rss_stat___6_1 rss_stat;
};

typedef struct {
	int counter;
} atomic_t;

struct list_head {
	struct list_head *next;
};

/* The counts are those of threads that have been released. */
struct signal_struct {
	atomic_t live;		      /* threads that haven't ended */
	struct list_head thread_head; /* of those that haven't been released */
	int group_exit_code;
	unsigned int flags;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	unsigned long maxrss; /* pages; complete once no thread is alive */
	unsigned long long sum_sched_runtime;
	short oom_score_adj;
};

/* 6.16+ */
struct trace_event_raw_sched_process_exit {
	bool group_dead;
};

/* Of both begins of a reclaim. */
struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template {
	int order;
	unsigned long gfp_flags;
};

struct linux_binprm {
	const char *filename;
};

/* Of x86: status has TS_COMPAT; of arm64: flags has TIF_32BIT. */
struct thread_info {
	unsigned long flags;
	u32 status;
	u32 cpu; /* 5.16+ */
};

struct file_system_type {
	const char *name;
};

struct super_block {
	unsigned long s_magic;
	struct file_system_type *s_type;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* 5.14+ */
	unsigned int flags;
	int on_cpu;
	int exit_state;
	struct task_struct *real_parent;
	int prio;
	int pid;
	int tgid;
	unsigned long nvcsw;
	unsigned long nivcsw;
	char comm[16];
	u64 start_time;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct sched_entity se;
	struct sched_info sched_info;
	struct css_set *cgroups;
	struct pid *thread_pid;
	const struct cred *cred;
	struct mm_struct *mm;
	int exit_code;
	struct list_head thread_node;
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct fs_struct *fs;
};

struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
};

enum oom_constraint {
	CONSTRAINT_NONE,
	CONSTRAINT_CPUSET,
	CONSTRAINT_MEMORY_POLICY,
	CONSTRAINT_MEMCG,
};

struct oom_control {
	struct mem_cgroup *memcg;
	enum oom_constraint constraint;
};

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
};

struct elevator_queue;

struct request_queue {
	struct elevator_queue *elevator;
	struct gendisk *disk; /* 5.15+ */
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct bio {
	struct blkcg_gq *bi_blkg;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int rq_flags;
	unsigned int __data_len;
	u64 __sector;
	struct bio *bio;
	u64 start_time_ns;
	u64 io_start_time_ns;
};

struct request___5_14 {
	struct gendisk *rq_disk;
};

/* 6.11 made the request flags an enum and renumbered them; its name is younger than 6.12. */
enum rqf_flags {
	__RQF_FLUSH_SEQ = 1,
};

enum cgroup_subsys_id {
	memory_cgrp_id = 4,
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		u8 u6_addr8[16];
		u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock_cgroup_data {
	struct cgroup *cgroup; /* 5.15+ */
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	kuid_t sk_uid;
	struct sock_cgroup_data sk_cgrp_data;
};

enum skb_drop_reason {
	SKB_NOT_DROPPED_YET,
};

/* rx_sk from 6.11, reason from 5.17 on. */
struct trace_event_raw_kfree_skb {
	void *rx_sk;
	enum skb_drop_reason reason;
};

struct request_sock {
	struct sock_common __req_common;
};

struct tcp_skb_cb {
	u16 tcp_gso_segs;
};

struct net_device {
	possible_net_t nd_net;
	char name[16];
};

/* dev shares its place with other things while the packet is in a queue. */
struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	u16 protocol;
	u16 transport_header;
	u16 network_header;
	u32 tail; /* an offset from head on 64-bit kernels */
	unsigned char *head;
};

struct socket {
	struct sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define PF_IO_WORKER	  0x00000010
#define PF_WQ_WORKER	  0x00000020
#define PF_LOCAL_THROTTLE 0x00100000
#define PF_KTHREAD	  0x00200000
#define SIGNAL_GROUP_EXIT 0x00000004
#define AF_INET		  2
#define AF_INET6	  10
#define IPPROTO_TCP	  6
#define TCP_TIME_WAIT	  6
#define TCP_NEW_SYN_RECV  12
#define TCP_SYN_SENT	  2
#define TCP_LISTEN	  10

#endif
