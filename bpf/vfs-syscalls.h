/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfs probe at the system calls: two small inline bodies, vfs_sys_enter() and vfs_sys_exit(),
 * that any pair of programs at sys_enter and sys_exit can call.
 *
 * Every call on the host pays for the pair, so what isn't ours leaves after a test of its number.
 * 32-bit programs have other numbers for the same calls, and are left out.
 */
#ifndef KSTOP_VFS_SYSCALLS_H
#define KSTOP_VFS_SYSCALLS_H

/* What a call does, and how it gives its size. */
#define VECTOR	8
#define OP_MASK (KS_VFS_OPS - 1)
#define NO_OP	-1

#if defined(__TARGET_ARCH_x86)

/* arch/x86/entry/syscalls/syscall_64.tbl */
static __always_inline int op_of(__u64 number)
{
	switch (number) {
	case 0:	 /* read */
	case 17: /* pread64 */
		return KS_VFS_READ;
	case 19:  /* readv */
	case 295: /* preadv */
	case 327: /* preadv2 */
		return KS_VFS_READ | VECTOR;
	case 1:	 /* write */
	case 18: /* pwrite64 */
		return KS_VFS_WRITE;
	case 20:  /* writev */
	case 296: /* pwritev */
	case 328: /* pwritev2 */
		return KS_VFS_WRITE | VECTOR;
	case 74: /* fsync */
	case 75: /* fdatasync */
		return KS_VFS_FSYNC;
	case 2:	  /* open */
	case 85:  /* creat */
	case 257: /* openat */
	case 437: /* openat2 */
		return KS_VFS_OPEN;
	default:
		return NO_OP;
	}
}

#elif defined(__TARGET_ARCH_arm64)

/* include/uapi/asm-generic/unistd.h */
static __always_inline int op_of(__u64 number)
{
	switch (number) {
	case 63: /* read */
	case 67: /* pread64 */
		return KS_VFS_READ;
	case 65:  /* readv */
	case 69:  /* preadv */
	case 286: /* preadv2 */
		return KS_VFS_READ | VECTOR;
	case 64: /* write */
	case 68: /* pwrite64 */
		return KS_VFS_WRITE;
	case 66:  /* writev */
	case 70:  /* pwritev */
	case 287: /* pwritev2 */
		return KS_VFS_WRITE | VECTOR;
	case 82: /* fsync */
	case 83: /* fdatasync */
		return KS_VFS_FSYNC;
	case 56:  /* openat */
	case 437: /* openat2 */
		return KS_VFS_OPEN;
	default:
		return NO_OP;
	}
}

#endif

/* The enter side. direct: casts can be had (6.2+). */
static __always_inline int vfs_sys_enter(KS_REGS *regs, __u64 number, const bool direct)
{
	struct ks_vfs_cpu *cpu = this_cpu();
	enum ks_class class = KS_CLASS_FILE;
	struct task_struct *task;
	struct ks_call asked = {};
	struct file *file = NULL;
	int op = op_of(number);

	if (!cpu)
		return 0;
	/* Its exit too. */
	cpu->n.runs += 2;
	if (op == NO_OP)
		return 0;
	task = direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
	if (is_compat(task, direct))
		return 0;
	if ((op & OP_MASK) != KS_VFS_OPEN) {
		file = ks_open_file(task, ARGUMENT0(regs), direct);
		class = ks_class_of(file, direct);
	}
	if (class == KS_CLASS_NONE || !is_wanted(task))
		return 0;
	asked.op = op & OP_MASK;
	asked.class = class;
	asked.file = (__u64)file;
	asked.vectored = !!(op & VECTOR);
	asked.bytes = op & VECTOR ? ARGUMENT1(regs) : ARGUMENT2(regs);
	asked.pieces = ARGUMENT2(regs);
	/* The registers lie at the top of the task's kernel stack. */
	begin(cpu, regs, &asked);
	return 0;
}

/* Another thread may have closed the file meanwhile, or opened another in its place: then NULL. */
static __always_inline struct file *same_file(KS_REGS *regs, __u64 as)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file *file = ks_open_file(task, ARGUMENT0(regs), false);

	return (__u64)file == as ? file : NULL;
}

/* The exit side. */
static __always_inline int vfs_sys_exit(KS_REGS *regs, long result, const bool direct)
{
	struct ks_vfs_cpu *cpu = this_cpu();
	struct ks_call *call;
	__u64 place, ns;

	if (!cpu || op_of(NUMBER(regs)) == NO_OP)
		return 0;
	call = ks_call_ends(regs, &place);
	if (!call || !call->under_way)
		return 0;
	ns = finish(cpu, call, result, direct, true);
	if (ns)
		emit(cpu, call,
		     call->op == KS_VFS_OPEN ? (void *)call->file : same_file(regs, call->file),
		     ns);
	call->under_way = 0;
	return 0;
}

#define SYSCALL_PAIR(name, direct)                                                                 \
	SEC("tp_btf/sys_enter")                                                                    \
	int BPF_PROG(name##_enter, KS_REGS *regs, long number)                                     \
	{                                                                                          \
		return vfs_sys_enter(regs, number, direct);                                        \
	}                                                                                          \
	SEC("tp_btf/sys_exit")                                                                     \
	int BPF_PROG(name##_exit, KS_REGS *regs, long result)                                      \
	{                                                                                          \
		return vfs_sys_exit(regs, result, direct);                                         \
	}

SYSCALL_PAIR(vfs_sys_cast, true)
SYSCALL_PAIR(vfs_sys_read, false)

/*
 * A compiler may copy the whole of vfs_fsync_range into fdatasync, where no hook on it sees the
 * call (Debian's 5.10 and 6.1). Where it didn't, its call is one within this one.
 */
static __always_inline int enter_fdatasync(void *on_stack, KS_REGS *regs)
{
	struct ks_call asked = {.op = KS_VFS_FSYNC};
	struct file *file = ks_open_file((void *)bpf_get_current_task(), FIRST(regs), false);

	return file ? enter(on_stack, file, &asked, false) : 0;
}

SEC("fentry/" SYSCALL "fdatasync")
int BPF_PROG(sys_fdatasync_fentry, KS_REGS *regs)
{
	return enter_fdatasync(ctx, regs);
}

SEC("fexit/" SYSCALL "fdatasync")
int sys_fdatasync_fexit(unsigned long long *ctx)
{
	return leave(ctx, 0, false);
}

SEC("kprobe/" SYSCALL "fdatasync")
int BPF_KPROBE(sys_fdatasync_kprobe, KS_REGS *regs)
{
	return enter_fdatasync((void *)PT_REGS_SP(ctx), regs);
}

SEC("kretprobe/" SYSCALL "fdatasync")
int BPF_KRETPROBE(sys_fdatasync_kretprobe, long result)
{
	return leave((void *)PT_REGS_SP(ctx), result, false);
}

#endif
