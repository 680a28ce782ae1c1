#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_fd.h"
#include "unit.h"

static void
a_pipe_is_born_close_on_exec(void)
{
	writ_fd ends[2];

	CHECK_INT(os_pipe_open(ends), 0);
	CHECK(ends[0] > 2 && ends[1] > 2);
	CHECK_INT(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	CHECK_INT(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
	CHECK_INT(os_fd_close(ends[0]), -1);
	CHECK_INT(os_fd_close(ends[1]), -1);
	CHECK_INT(os_fd_close(-1), -1);
}

static void
open_with_closed_streams(void)
{
	writ_fd ends[2];
	writ_fd fd = -1;

	close(0);
	close(1);
	CHECK_INT(os_pipe_open(ends), 0);
	CHECK(ends[0] > 2 && ends[1] > 2);
	CHECK_INT(os_file_open("/dev/null", false, &fd, NULL), 0);
	CHECK(fd > 2);
	_exit(0);
}

static void
nothing_takes_the_place_of_a_standard_stream(void)
{
	unit_fork(open_with_closed_streams);
}

static void
writing_to_a_broken_pipe_is_only_an_error(void)
{
	struct sigaction before;
	struct sigaction after;
	sigset_t mask_before;
	sigset_t mask_after;
	sigset_t pending;
	writ_fd ends[2];

	CHECK_INT(os_pipe_open(ends), 0);
	os_fd_close(ends[0]);
	sigaction(SIGPIPE, NULL, &before);
	pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
	CHECK_INT(os_fd_write(ends[1], "x", 1), -EPIPE);
	CHECK_INT(os_fd_write(ends[1], "x", 1), -EPIPE);
	sigaction(SIGPIPE, NULL, &after);
	pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
	sigpending(&pending);
	CHECK(before.sa_handler == after.sa_handler);
	CHECK(memcmp(&mask_before, &mask_after, 8) == 0); /* what the kernel fills */
	CHECK(!sigismember(&pending, SIGPIPE));
	os_fd_close(ends[1]);
}

static void
a_signal_that_was_pending_stays_pending(void)
{
	sigset_t pipe_only;
	sigset_t before;
	sigset_t pending;
	writ_fd ends[2];

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	raise(SIGPIPE);
	CHECK_INT(os_pipe_open(ends), 0);
	os_fd_close(ends[0]);
	CHECK_INT(os_fd_write(ends[1], "x", 1), -EPIPE);
	os_fd_close(ends[1]);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGPIPE));
	CHECK_INT(sigwaitinfo(&pipe_only, NULL), SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
tells_what_stays_unread_in_a_pipe(void)
{
	writ_fd ends[2];
	writ_fd observer;
	char buf[8];

	CHECK_INT(os_pipe_open(ends), 0);
	CHECK_INT(os_fd_set_nonblocking(ends[0]), 0);
	CHECK_INT(os_fd_read(ends[0], buf, 8), -EAGAIN);
	CHECK_INT(os_fd_write(ends[1], "12345", 5), 5);
	observer = os_pipe_observe(ends[1]);
	CHECK(observer > 2);
	CHECK_INT(os_pipe_unread(observer), 5);
	CHECK_INT(os_fd_read(ends[0], buf, 2), 2);
	CHECK_INT(os_pipe_unread(observer), 3);
	os_fd_close(ends[1]);
	CHECK_INT(os_fd_read(ends[0], buf, 8), 3);
	CHECK_INT(os_fd_read(ends[0], buf, 8), 0);
	os_fd_close(ends[0]);
	os_fd_close(observer);
}

static void
refuses_a_directory_and_a_fifo_without_a_reader(void)
{
	struct writ_error err = { 0 };
	char path[128];
	writ_fd fd = -7;

	CHECK_INT(os_file_open(unit_dir(), false, &fd, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, EISDIR);
	CHECK_INT(os_file_open(unit_dir(), true, &fd, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, EISDIR);
	CHECK_INT(os_file_open("/no/such/file", false, &fd, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, ENOENT);
	CHECK_TEXT(err.subject, "/no/such/file");
	snprintf(path, sizeof(path), "%s/fifo", unit_dir());
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_INT(os_file_open(path, true, &fd, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, ENXIO);
	CHECK_INT(fd, -7);				    /* untouched */
	CHECK_INT(os_file_open(path, false, &fd, &err), 0); /* waits for nobody */
	CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	os_fd_close(fd);
}

static void
tells_where_a_file_is_read(void)
{
	char path[128];
	char buf[4];
	writ_fd fd = -1;
	writ_fd ends[2];

	snprintf(path, sizeof(path), "%s/file", unit_dir());
	CHECK_INT(os_file_open(path, true, &fd, NULL), 0);
	CHECK(os_fd_is_open(fd) && os_fd_is_writable(fd));
	CHECK_INT(os_fd_write(fd, "123456", 6), 6);
	os_fd_close(fd);
	CHECK(!os_fd_is_open(fd));
	CHECK_INT(os_file_open(path, false, &fd, NULL), 0);
	CHECK(!os_fd_is_writable(fd));
	CHECK_INT(os_fd_read(fd, buf, 4), 4);
	CHECK_INT(os_fd_offset(fd), 4);
	CHECK(!os_fd_at_end(fd));
	CHECK_INT(os_fd_read(fd, buf, 4), 2);
	CHECK(os_fd_at_end(fd));
	os_fd_close(fd);
	CHECK_INT(os_pipe_open(ends), 0);
	CHECK_INT(os_fd_offset(ends[0]), -1);
	os_fd_close(ends[0]);
	os_fd_close(ends[1]);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_pipe_is_born_close_on_exec),
		UNIT(nothing_takes_the_place_of_a_standard_stream),
		UNIT(writing_to_a_broken_pipe_is_only_an_error),
		UNIT(a_signal_that_was_pending_stays_pending),
		UNIT(tells_what_stays_unread_in_a_pipe),
		UNIT(refuses_a_directory_and_a_fifo_without_a_reader),
		UNIT(tells_where_a_file_is_read),
	};

	return UNIT_RUN(tests);
}
