// SPDX-License-Identifier: GPL-2.0-only
/* dying MIB: says the number of a child that has taken MIB. A line on stdin has it killed and held
 * in its end, with its memory, which is answered by "dying"; the next line lets it go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

static int say(const char *what)
{
	return puts(what) < 0 || fflush(stdout);
}

static void child(size_t bytes, int told)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED || write(told, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	char line[32];
	int fds[2], status;
	pid_t pid;

	if (argc < 2 || pipe(fds))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid)
		child(strtoul(argv[1], NULL, 10) << 20, fds[1]);
	if (read(fds[0], line, 1) != 1 || ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT))
		return 1;
	say("ready");
	printf("%d\n", pid);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin) || kill(pid, SIGKILL))
		return 1;
	if (waitpid(pid, &status, 0) != pid || status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8))
		return 1;
	say("dying");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	ptrace(PTRACE_CONT, pid, 0, 0);
	return waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status);
}
