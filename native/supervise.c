// SPDX-License-Identifier: GPL-2.0-only
/* kstop-supervise PARENT FOLDER SECONDS PROGRAM [ARGUMENT...]: runs one program (bpftrace) so that
 * it can't outlive whoever asked for it.
 *
 * PARENT is the pid of who asks. FOLDER is private to this run: the program's working directory,
 * removed on every way out ("-": there is none). SECONDS is a limit that nobody has to keep.
 * Standard input is the control channel: a byte `i` interrupts the program, and its end (kstop has
 * closed it, or is gone) kills it. Standard output and error are the program's own. On descriptor 3
 * one line tells how it ended: `exit N`, `signal N`, `limit`, or `error ERRNO WHAT`.
 *
 * If this process is killed itself, the kernel kills the program; then alone the folder stays. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTROL	     0
#define OUTPUT	     1
#define REPORT	     3
#define MOST_SECONDS 3600
/* What waits for a reader that is busy for a moment, instead of being lost in the kernel's buffer.
 */
#define OUTPUT_BYTES (1 << 20)
/* Kernel headers that old versions of bpftrace unpack are no deeper. */
#define DEEPEST 32

struct run {
	pid_t parent;
	const char *path;
	int folder;
	long long deadline_ms;
	char **argv;
	pid_t child;
	int signals;
	bool limit;
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Empties a folder and closes it. Links are removed, never followed. */
static void clear(int folder, int depth)
{
	DIR *entries = fdopendir(folder);
	struct dirent *entry;

	if (!entries) {
		close(folder);
		return;
	}
	while ((entry = readdir(entries))) {
		int below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    !unlinkat(folder, entry->d_name, 0) || depth == DEEPEST)
			continue;
		below = openat(folder, entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			clear(below, depth + 1);
		unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	}
	closedir(entries);
}

static void finish(struct run *run, const char *report)
{
	if (run->folder >= 0) {
		clear(run->folder, 0);
		rmdir(run->path);
	}
	if (write(REPORT, report, strlen(report)) < 0)
		exit(1);
	exit(0);
}

static void fail(struct run *run, int error, const char *what)
{
	char report[128];

	snprintf(report, sizeof(report), "error %d %s\n", error, what);
	finish(run, report);
}

/* Descriptors that kstop was started with are none of the program's business. */
static void close_others(void)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, REPORT + 1, ~0U, 0))
		return;
#endif
	for (long fd = sysconf(_SC_OPEN_MAX); fd > REPORT; fd--)
		close(fd);
}

/* Only a folder of ours that nobody else can reach into is worked in, and removed. */
static void enter_folder(struct run *run, const char *path)
{
	struct stat info;
	int folder;

	if (!strcmp(path, "-"))
		return;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		fail(run, errno, "folder");
	if (fstat(folder, &info) || info.st_uid != geteuid() || (info.st_mode & 077))
		fail(run, EPERM, "folder");
	run->folder = folder;
	run->path = path;
}

/* The new process: a group of its own, nothing inherited but its output, dead when this one is. */
static void become(struct run *run, pid_t supervisor, int failure)
{
	struct rlimit none = {0};
	sigset_t all;
	int null;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor)
		_exit(127);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* A kstop that put itself before other tasks didn't mean its compilers. */
	if (getpriority(PRIO_PROCESS, 0) < 0)
		setpriority(PRIO_PROCESS, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	umask(077);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	null = open("/dev/null", O_RDONLY);
	if (null >= 0 && dup2(null, CONTROL) == CONTROL &&
	    (run->folder < 0 || !fchdir(run->folder))) {
		if (null > 2)
			close(null);
		execv(run->argv[0], run->argv);
	}
	null = errno;
	if (write(failure, &null, sizeof(null)) < 0)
		_exit(126);
	_exit(127);
}

static void start(struct run *run)
{
	pid_t supervisor = getpid();
	int failure[2], error = 0;

	if (pipe2(failure, O_CLOEXEC))
		fail(run, errno, "pipe");
	run->child = fork();
	if (run->child < 0)
		fail(run, errno, "fork");
	if (!run->child)
		become(run, supervisor, failure[1]);
	/* In both processes, so that neither has to come first. */
	setpgid(run->child, run->child);
	close(failure[1]);
	if (read(failure[0], &error, sizeof(error)) == sizeof(error)) {
		waitpid(run->child, NULL, 0);
		fail(run, error, "exec");
	}
	close(failure[0]);
}

static bool child_ended(struct run *run)
{
	siginfo_t info = {0};

	/* It stays a zombie, so that its number is nobody else's while its group is killed. */
	return waitid(P_PID, run->child, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

/* A signal for this process: false when it is over. SIGTERM comes when kstop dies, too. */
static bool on_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo == SIGCHLD)
		return !child_ended(run);
	if (info.ssi_signo != SIGINT)
		return false;
	kill(run->child, SIGINT);
	return true;
}

/* What kstop wants: false when it is over. */
static bool on_control(struct run *run)
{
	char wanted[16];
	ssize_t bytes = read(CONTROL, wanted, sizeof(wanted));

	if (bytes < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t i = 0; i < bytes; i++)
		if (wanted[i] == 'i')
			kill(run->child, SIGINT);
	return bytes > 0;
}

static void watch(struct run *run)
{
	struct pollfd both[] = {{.fd = CONTROL, .events = POLLIN},
				{.fd = run->signals, .events = POLLIN}};

	for (;;) {
		long long left = run->deadline_ms - now_ms();

		run->limit = left <= 0;
		if (run->limit)
			return;
		if (poll(both, 2, (int)left) <= 0)
			continue;
		if (both[1].revents && !on_signal(run))
			return;
		if (both[0].revents && !on_control(run))
			return;
	}
}

/* Kills what is left of the group, and tells how its leader ended. */
static void end(struct run *run)
{
	char report[32];
	int status = 0;

	kill(-run->child, SIGKILL);
	while (waitpid(run->child, &status, 0) < 0 && errno == EINTR)
		;
	if (run->limit)
		finish(run, "limit\n");
	if (WIFSIGNALED(status))
		snprintf(report, sizeof(report), "signal %d\n", WTERMSIG(status));
	else
		snprintf(report, sizeof(report), "exit %d\n", WEXITSTATUS(status));
	finish(run, report);
}

int main(int argc, char **argv)
{
	struct run run = {.folder = -1};
	int bytes = OUTPUT_BYTES, seconds;
	sigset_t taken;

	seconds = argc > 4 ? atoi(argv[3]) : 0;
	if (seconds < 1 || seconds > MOST_SECONDS || argv[4][0] != '/' ||
	    fcntl(REPORT, F_SETFD, FD_CLOEXEC)) {
		fprintf(stderr,
			"usage: kstop-supervise PARENT FOLDER SECONDS PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	run.parent = atoi(argv[1]);
	run.argv = argv + 4;
	run.deadline_ms = now_ms() + seconds * 1000LL;
	close_others();
	/* Keys pressed at kstop's terminal are kstop's. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&taken);
	sigaddset(&taken, SIGCHLD);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGQUIT);
	sigprocmask(SIG_BLOCK, &taken, NULL);
	enter_folder(&run, argv[2]);
	run.signals = signalfd(-1, &taken, SFD_CLOEXEC);
	if (run.signals < 0)
		fail(&run, errno, "signalfd");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != run.parent)
		fail(&run, ESRCH, "parent");
	if (setsockopt(OUTPUT, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(OUTPUT, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	start(&run);
	watch(&run);
	end(&run);
}
