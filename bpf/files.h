/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file is: its class, its place in a task's table of open files, its names up to the root.
 *
 * direct: the pointers are the verifier's own (arguments of fentry, casts), so that a field is one
 * load; else it is read by a helper. Always a constant.
 */
#ifndef KSTOP_FILES_H
#define KSTOP_FILES_H

#include "common.h"

#define KS_GET(direct, pointer, field) ((direct) ? (pointer)->field : BPF_CORE_READ(pointer, field))

#define S_IFMT	0170000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFBLK 0060000

enum ks_class {
	KS_CLASS_FILE,
	KS_CLASS_WAIT, /* may sleep by design, or isn't known to be a file */
	KS_CLASS_NONE, /* not asked for */
};

/* From 6.2 on: takes an address for a pointer to a kernel type, at no cost. */
extern void *bpf_rdonly_cast(const void *address, __u32 btf_id) __ksym __weak;

#define KS_CAST(type, address) ((type *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(type)))

/*
 * File systems whose files are no files but doors into the kernel, regular by mode alone: reading
 * one may wait for an event (kmsg, trace_pipe, memory.events), an eventfd is regular since 6.16.
 * From include/uapi/linux/magic.h.
 */
static __always_inline bool ks_is_pseudo(unsigned long magic)
{
	switch (magic) {
	case 0x9fa0:	 /* proc */
	case 0x62656572: /* sysfs */
	case 0x64626720: /* debugfs */
	case 0x74726163: /* tracefs */
	case 0x63677270: /* cgroup2 */
	case 0x0027e0eb: /* cgroup */
	case 0x73636673: /* securityfs */
	case 0x62656570: /* configfs */
	case 0xcafe4a11: /* bpf */
	case 0x09041934: /* anonymous inodes */
	case 0x6e736673: /* nsfs */
	case 0x50494446: /* pidfs */
	case 0x19800202: /* mqueue */
	case 0x65735543: /* fusectl */
	case 0x42494e4d: /* binfmt_misc */
	case 0xf97cff8c: /* selinuxfs */
	case 0x43415d53: /* smackfs */
	case 0x67596969: /* rpc_pipefs */
		return true;
	default:
		return false;
	}
}

static __always_inline bool ks_is_file(struct inode *inode, const bool direct)
{
	__u32 type = KS_GET(direct, inode, i_mode) & S_IFMT;

	if (type != S_IFREG && type != S_IFDIR && type != S_IFBLK)
		return false;
	return !ks_is_pseudo(direct ? inode->i_sb->s_magic : BPF_CORE_READ(inode, i_sb, s_magic));
}

/* How a call on the file counts; file is NULL when it isn't known. */
static __always_inline enum ks_class ks_class_of(struct file *file, const bool direct)
{
	if (file && ks_is_file(KS_GET(direct, file, f_inode), direct))
		return KS_CLASS_FILE;
	return settings.include_waits ? KS_CLASS_WAIT : KS_CLASS_NONE;
}

/* The current task's open file of that number; NULL when there is none. */
static __always_inline struct file *ks_open_file(struct task_struct *task, __u32 fd,
						 const bool direct)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	if (direct) {
		fdt = task->files->fdt;
		if (fd >= fdt->max_fds)
			return NULL;
		/* Any structure that begins with a pointer serves to read one. */
		return KS_CAST(struct file,
			       KS_CAST(struct path, (void *)fdt->fd + fd * sizeof(file))->mnt);
	}
	fdt = BPF_CORE_READ(task, files, fdt);
	if (fd < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(fdt, fd) + fd);
	return file;
}

/* Where a walk towards the root stands. */
struct ks_walk {
	struct dentry *dentry;
	struct vfsmount *vfsmnt;
	struct dentry *root;
	struct vfsmount *root_mnt;
	const unsigned char *name; /* what is left of the current name */
	__u32 left;
	bool last; /* the name has no folder */
};

#define KS_WALK_STEPS 64

/* Mounts are stepped over; false at the root, or where no more is known. */
static __always_inline bool ks_next_name(struct ks_walk *walk, struct ks_vfs_event *event)
{
	struct dentry *dentry = walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct vfsmount *vfsmnt = walk->vfsmnt;
	struct mount *mount = (void *)vfsmnt - bpf_core_field_offset(struct mount, mnt), *above;

	if (walk->last)
		return false;
	if (dentry == walk->root && vfsmnt == walk->root_mnt) {
		event->vfs_flags |= KS_VFS_PATH_ENDS;
		return false;
	}
	if (dentry == BPF_CORE_READ(vfsmnt, mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		/* The root of all; the task's own is elsewhere, or it has left it behind. */
		if (above == mount) {
			event->vfs_flags |= KS_VFS_PATH_ENDS;
			return false;
		}
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->vfsmnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return true;
	}
	/* A file without a folder (memfd) has a name all the same. */
	walk->last = dentry == parent;
	walk->name = BPF_CORE_READ(dentry, d_name.name);
	walk->left = BPF_CORE_READ(dentry, d_name.len);
	walk->dentry = parent;
	return true;
}

/* Copies the next piece of the current name; false when the record is full. */
static __always_inline bool ks_copy_name(struct ks_walk *walk, struct ks_vfs_event *event)
{
	__u32 used = event->names_bytes, n = walk->left;

	if (n > KS_PATH_CHUNK)
		n = KS_PATH_CHUNK;
	if (used + n >= KS_PATH_MAX) {
		event->vfs_flags |= KS_VFS_PATH_CUT;
		return false;
	}
	/* Old verifiers see no bound in what the compiler knows: the masks have to be there. */
	barrier_var(n);
	barrier_var(used);
	n &= KS_PATH_CHUNK;
	used &= KS_PATH_MAX - 1;
	bpf_probe_read_kernel(&event->names[used], n, walk->name);
	walk->name += n;
	walk->left -= n;
	/* The zero behind a whole name is there already. */
	event->names_bytes = used + n + !walk->left;
	return true;
}

/* The file's names, its own first, as the task that called would write the path. */
static __always_inline void ks_name_file(struct ks_vfs_event *event, struct file *file,
					 struct task_struct *task)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct ks_walk walk = {
		.dentry = dentry,
		.vfsmnt = BPF_CORE_READ(file, f_path.mnt),
		.root = BPF_CORE_READ(task, fs, root.dentry),
		.root_mnt = BPF_CORE_READ(task, fs, root.mnt),
	};

	/* As the kernel's own d_unlinked(): no longer in the hash, and no root. */
	if (!BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry)
		event->vfs_flags |= KS_VFS_DELETED;
	for (int i = 0; i < KS_WALK_STEPS; i++)
		if (!(walk.left ? ks_copy_name(&walk, event) : ks_next_name(&walk, event)))
			return;
	event->vfs_flags |= KS_VFS_PATH_CUT;
}

/* Everything of the file but its names. */
static __always_inline void ks_describe_file(struct ks_vfs_event *event, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);

	event->mode = BPF_CORE_READ(inode, i_mode);
	event->inode = BPF_CORE_READ(inode, i_ino);
	event->magic = BPF_CORE_READ(sb, s_magic);
	bpf_probe_read_kernel_str(event->fs, sizeof(event->fs), BPF_CORE_READ(sb, s_type, name));
	event->vfs_flags |= KS_VFS_HAS_FILE;
}

#endif
