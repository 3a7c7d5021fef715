// SPDX-License-Identifier: GPL-2.0-only
/* cgroup ids and paths: an id is a kernfs file handle, so a path costs one open, no walk. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FILEID_KERNFS (include/linux/exportfs.h, 5.5+): the handle is the 64-bit node id. */
#define FILEID_KERNFS 0xfe
/* PROC_CGROUP_INIT_INO (include/linux/proc_ns.h) */
#define INIT_CGROUP_NS 0xeffffffbU

/* Mount point of the unified hierarchy, or of v1's memory controller. */
static bool find_mount(bool v2, char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	bool found = false;

	while (mounts && !found && (mount = getmntent(mounts))) {
		found = v2 ? !strcmp(mount->mnt_type, "cgroup2")
			   : !strcmp(mount->mnt_type, "cgroup") && hasmntopt(mount, "memory");
		if (found)
			snprintf(path, size, "%s", mount->mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static int mount_fd(struct kstop *k, bool v2)
{
	int *fd = v2 ? &k->cgroup2_fd : &k->memory1_fd;
	char path[PATH_MAX];

	if (*fd < 0 && find_mount(v2, path, sizeof(path)))
		*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd;
}

int cgroup2_root(struct kstop *k)
{
	return mount_fd(k, true);
}

static int read_fd_path(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	if (length < 0)
		return -errno;
	path[length] = 0;
	return 0;
}

int kstop_cgroup_path(struct kstop *k, uint64_t id, int v2, char *path, size_t size)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} wanted = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}, .id = id};
	char full[PATH_MAX], mount[PATH_MAX];
	int root = mount_fd(k, v2), fd, err;
	size_t length;

	if (root < 0)
		return -ENOENT;
	fd = open_by_handle_at(root, &wanted.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_fd_path(fd, full, sizeof(full)) ?: read_fd_path(root, mount, sizeof(mount));
	close(fd);
	if (err)
		return err;
	length = strlen(mount);
	if (strncmp(full, mount, length))
		return -ENOENT;
	snprintf(path, size, "%s", full[length] ? full + length : "/");
	return 0;
}

/* The v2 cgroup of a path, absolute or below the mount, and its depth below the root. */
int cgroup_of_path(struct kstop *k, const char *path, __u64 *id, uint32_t *level)
{
	char mount[PATH_MAX], joined[PATH_MAX * 2], real[PATH_MAX];
	struct stat status;
	size_t length;

	if (!find_mount(true, mount, sizeof(mount)))
		return fail(k, -ENOENT, "no cgroup v2 hierarchy is mounted here");
	/* The depth is counted from the hierarchy's root, which another namespace doesn't show. */
	if (!stat("/proc/self/ns/cgroup", &status) && status.st_ino != INIT_CGROUP_NS)
		return fail(k, -EXDEV, "this is a cgroup namespace of its own");
	length = strlen(mount);
	if (!strncmp(path, mount, length) && (path[length] == '/' || !path[length]))
		snprintf(joined, sizeof(joined), "%s", path);
	else
		snprintf(joined, sizeof(joined), "%s/%s", mount, path);
	if (!realpath(joined, real) || lstat(real, &status))
		return fail(k, -errno, "%s: %s", path, strerror(errno));
	if (strncmp(real, mount, length) || (real[length] && real[length] != '/') ||
	    !S_ISDIR(status.st_mode))
		return fail(k, -ENOTDIR, "%s: not a cgroup below %s", path, mount);
	*id = status.st_ino;
	*level = 0;
	for (const char *at = real + length; *at; at++)
		*level += *at == '/';
	return 0;
}
