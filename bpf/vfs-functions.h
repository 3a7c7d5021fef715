/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfs probe at the kernel's functions, each of which sees a system call once: vfs_read for
 * read and pread64, vfs_readv for the vectored ones, vfs_fsync_range for fsync and fdatasync (and
 * msync; fdatasync has a hook of its own beside, see vfs-syscalls.h), do_sys_openat2 for every
 * open.
 *
 * A call is known by where its frame lies: one within another (the fsync of an O_SYNC write, a
 * stacked file system) lies below it and isn't counted again.
 */
#ifndef KSTOP_VFS_FUNCTIONS_H
#define KSTOP_VFS_FUNCTIONS_H

/* From the return address at a function's entry to behind it at its return (x86-64). */
#define MAX_SHIFT 16

/* The kernel's workers sync files too (loop, nfsd, io_uring): no call of a process. */
static __always_inline bool is_worker(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER);
}

static __always_inline int enter(void *on_stack, struct file *file, struct ks_call *asked,
				 const bool direct)
{
	struct ks_vfs_cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	/* Its exit too. */
	ks_add(&cpu->n.runs, 2);
	asked->class = asked->op == KS_VFS_OPEN ? KS_CLASS_FILE : ks_class_of(file, direct);
	asked->file = (__u64)file;
	if (asked->class == KS_CLASS_NONE || (asked->op == KS_VFS_FSYNC && is_worker()) ||
	    !is_wanted((void *)bpf_get_current_task()))
		return 0;
	begin(cpu, on_stack, asked);
	return 0;
}

static __always_inline int leave(void *on_stack, long result, const bool cast)
{
	struct ks_vfs_cpu *cpu = this_cpu();
	struct ks_call *call;
	__u64 place, ns;

	if (!cpu)
		return 0;
	call = ks_call_ends(on_stack, &place);
	if (!call || !call->under_way || place - call->place > MAX_SHIFT)
		return 0;
	ns = finish(cpu, call, result, cast, false);
	if (ns)
		emit(cpu, call, (void *)call->file, ns);
	call->under_way = 0;
	return 0;
}

#define UNPACK(...) __VA_ARGS__

#define KPROBES(function, arguments, file, ...)                                                    \
	SEC("kprobe/" #function)                                                                   \
	int BPF_KPROBE(function##_kprobe, UNPACK arguments)                                        \
	{                                                                                          \
		struct ks_call asked = {__VA_ARGS__};                                              \
		return enter((void *)PT_REGS_SP(ctx), file, &asked, false);                        \
	}                                                                                          \
	SEC("kretprobe/" #function)                                                                \
	int BPF_KRETPROBE(function##_kretprobe, long result)                                       \
	{                                                                                          \
		return leave((void *)PT_REGS_SP(ctx), result, false);                              \
	}

/* fentry and fexit of one call have one context, on the stack. */
#define FEXIT(function, arguments, file, ...)                                                      \
	SEC("fentry/" #function)                                                                   \
	int BPF_PROG(function##_fentry, UNPACK arguments)                                          \
	{                                                                                          \
		struct ks_call asked = {__VA_ARGS__};                                              \
		return enter(ctx, file, &asked, true);                                             \
	}                                                                                          \
	SEC("fexit/" #function)                                                                    \
	int function##_fexit(unsigned long long *ctx)                                              \
	{                                                                                          \
		return leave(ctx, 0, false);                                                       \
	}                                                                                          \
	KPROBES(function, arguments, file, __VA_ARGS__)

FEXIT(vfs_read, (struct file * file, char *buf, unsigned long count), file, .op = KS_VFS_READ,
      .bytes = count)
FEXIT(vfs_write, (struct file * file, const char *buf, unsigned long count), file,
      .op = KS_VFS_WRITE, .bytes = count)
FEXIT(vfs_readv, (struct file * file, const struct iovec *vec, unsigned long pieces), file,
      .op = KS_VFS_READ, .vectored = true, .bytes = (__u64)vec, .pieces = pieces)
FEXIT(vfs_writev, (struct file * file, const struct iovec *vec, unsigned long pieces), file,
      .op = KS_VFS_WRITE, .vectored = true, .bytes = (__u64)vec, .pieces = pieces)
FEXIT(vfs_fsync_range, (struct file * file), file, .op = KS_VFS_FSYNC)
KPROBES(do_sys_openat2, (int folder), NULL, .op = KS_VFS_OPEN)

SEC("fentry/do_sys_openat2")
int do_sys_openat2_fentry(unsigned long long *ctx)
{
	struct ks_call asked = {.op = KS_VFS_OPEN};

	return enter(ctx, NULL, &asked, true);
}

/* The result comes behind the three arguments. What was opened: by casts (6.2+), or by helpers. */
SEC("fexit/do_sys_openat2")
int do_sys_openat2_cast(unsigned long long *ctx)
{
	return leave(ctx, ctx[3], true);
}

SEC("fexit/do_sys_openat2")
int do_sys_openat2_fexit(unsigned long long *ctx)
{
	return leave(ctx, ctx[3], false);
}

#endif
