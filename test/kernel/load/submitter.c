// SPDX-License-Identifier: GPL-2.0-only
/*
 * submitter DEVICE COUNT: COUNT writes of 16 KiB to a block device, past the page cache and past
 * write(2): they are submitted to the kernel and awaited one by one, so that only the device is
 * slow and no call on a file.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE 16384

int main(int argc, char **argv)
{
	aio_context_t context = 0;
	struct io_event event;
	void *buffer;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_WRONLY | O_DIRECT);
	if (fd < 0 || posix_memalign(&buffer, 4096, SIZE) || syscall(SYS_io_setup, 1, &context)) {
		perror(argv[1]);
		return 1;
	}
	memset(buffer, 1, SIZE);
	for (int i = 0; i < atoi(argv[2]); i++) {
		struct iocb request = {
			.aio_fildes = fd,
			.aio_lio_opcode = IOCB_CMD_PWRITE,
			.aio_buf = (unsigned long)buffer,
			.aio_nbytes = SIZE,
			.aio_offset = (long long)i * SIZE,
		};
		struct iocb *requests[] = {&request};

		if (syscall(SYS_io_submit, context, 1, requests) != 1 ||
		    syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1 ||
		    event.res != SIZE) {
			perror("aio");
			return 1;
		}
	}
	return 0;
}
