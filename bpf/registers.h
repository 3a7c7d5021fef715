/* SPDX-License-Identifier: GPL-2.0-only */
/* A task's registers at a system call: its number and arguments; and whether it is one of a 32-bit
 * program, which has other numbers for the same calls. */
#ifndef KSTOP_REGISTERS_H
#define KSTOP_REGISTERS_H

#include "files.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs___x86 {
	unsigned long r10, bx, si, di, dx, orig_ax;
};

struct pt_regs___arm64 {
	u64 regs[31];
	u64 orig_x0;
	int syscallno;
};

#pragma clang attribute pop

#if defined(__TARGET_ARCH_x86)

#define KS_REGS		struct pt_regs___x86
#define NUMBER(regs)	((regs)->orig_ax)
#define ARGUMENT0(regs) ((regs)->di)
#define FIRST(regs)	BPF_CORE_READ(regs, di)
#define SYSCALL		"__x64_sys_"
#define ARGUMENT1(regs) ((regs)->si)
#define ARGUMENT2(regs) ((regs)->dx)
#define TS_COMPAT	2

static __always_inline bool is_compat(struct task_struct *task, bool direct)
{
	return KS_GET(direct, task, thread_info.status) & TS_COMPAT;
}

#elif defined(__TARGET_ARCH_arm64)

#define KS_REGS		struct pt_regs___arm64
#define NUMBER(regs)	((regs)->syscallno)
#define ARGUMENT0(regs) ((regs)->orig_x0)
#define FIRST(regs)	BPF_CORE_READ(regs, regs[0])
#define SYSCALL		"__arm64_sys_"
#define ARGUMENT1(regs) ((regs)->regs[1])
#define ARGUMENT2(regs) ((regs)->regs[2])
#define TIF_32BIT	(1UL << 22)

static __always_inline bool is_compat(struct task_struct *task, bool direct)
{
	return KS_GET(direct, task, thread_info.flags) & TIF_32BIT;
}

#else
#error "system call numbers of this architecture are missing"
#endif

#endif
