// SPDX-License-Identifier: GPL-2.0-only
/* compat: makes one system call of a 32-bit program. Dies of SIGSEGV where none can be made. */
#include <unistd.h>

#define GETPID_32 20

int main(void)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(GETPID_32)
		     : "r8", "r9", "r10", "r11", "memory");
	return (pid_t)result == getpid() ? 0 : 1;
}
