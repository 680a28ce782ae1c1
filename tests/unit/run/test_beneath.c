/* Arguments that name a file beneath a directory, in which others may do what they
 * like. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deny.h"
#include "runs.h"
#include "unit.h"

enum { NOBODY = 65534 };

static struct writ_beneath file;
static char base[512];
static struct run run;

/* A path in the directory of the test. */
__attribute__((format(printf, 1, 2))) static const char *
in_dir(const char *format, ...)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];
	int len = snprintf(path, sizeof(paths[0]), "%s/", unit_dir());
	va_list args;

	va_start(args, format);
	vsnprintf(path + len, sizeof(paths[0]) - (size_t)len, format, args);
	va_end(args);
	return path;
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* base/sub/inside, and outside of it the same names with other contents. */
static void
begin(void)
{
	CHECK(chmod(unit_dir(), 0755) == 0);
	CHECK(mkdir(in_dir("base"), 0755) == 0 && mkdir(in_dir("base/sub"), 0755) == 0);
	CHECK(mkdir(in_dir("away"), 0755) == 0);
	write_file(in_dir("base/sub/inside"), "inside\n");
	write_file(in_dir("away/inside"), "outside\n");
	snprintf(base, sizeof(base), "%s", in_dir("base"));
	run_begin(&run);
	file = (struct writ_beneath){ .arg = 1, .base = base };
	run.cmd.beneath = &file;
	run.cmd.beneath_count = 1;
}

static void
read_it(const char *path)
{
	RUN(&run, "/bin/cat", path);
	CHECK_INT(run.res.exit_code, 0);
	CHECK_TEXT(run.res.out.data, "inside\n");
}

static void
refused(const char *path, int err_no)
{
	run_refused(&run, WRIT_LIST("/bin/cat", path), WRIT_E_SYS, WRIT_STAGE_PATH);
	CHECK_INT(run.err.err_no, err_no);
	CHECK(strstr(run.err.subject, base) != NULL);
}

static void
the_program_gets_the_file_and_not_its_name(void)
{
	struct writ_pass pass = { 0, 3 };
	char text[256];

	begin();
	read_it(in_dir("base/sub/inside"));
	read_it("sub/inside");
	read_it("./sub/../sub//inside");
	RUN(&run, "/bin/echo", "sub/inside");
	CHECK_TEXT(run.res.out.data, "/proc/self/fd/3\n");
	file.offset = strlen("if=");
	RUN(&run, "/bin/echo", "if=sub/inside");
	CHECK_TEXT(run.res.out.data, "if=/proc/self/fd/3\n");
	RUN(&run, CHILD("facts"), "if=sub/inside");
	CHECK_TEXT(told(&run.res.out, "fds", text, sizeof(text)), "0 1 2 3 ");
	run.cmd.pass = &pass; /* 3 is another's then */
	run.cmd.pass_count = 1;
	RUN(&run, "/bin/dd", "if=sub/inside", "status=none");
	CHECK_TEXT(run.res.out.data, "inside\n");
	RUN(&run, "/bin/echo", "if=sub/inside");
	CHECK_TEXT(run.res.out.data, "if=/proc/self/fd/4\n");
	run_end(&run);
}

static void
several_files_have_a_number_each(void)
{
	struct writ_beneath files[3];

	begin();
	files[0] = (struct writ_beneath){ .arg = 2, .base = file.base };
	files[1] = (struct writ_beneath){ .arg = 1, .base = file.base, .kind = WRIT_BENEATH_DIR };
	files[2] = (struct writ_beneath){ .arg = 3, .base = "/", .kind = WRIT_BENEATH_WRITE };
	run.cmd.beneath = files;
	run.cmd.beneath_count = 3;
	RUN(&run, "/bin/echo", file.base, "sub/inside", "/dev/../etc/passwd");
	CHECK_TEXT(run.res.out.data, "/proc/self/fd/4 /proc/self/fd/3 /proc/self/fd/5\n");
	run_end(&run);
}

static void
a_directory_is_given_as_a_path(void)
{
	begin();
	file.kind = WRIT_BENEATH_DIR;
	RUN(&run, "/bin/ls", in_dir("base"));
	CHECK_TEXT(run.res.out.data, "sub\n");
	RUN(&run, "/bin/ls", "sub");
	CHECK_TEXT(run.res.out.data, "inside\n");
	refused("sub/inside", ENOTDIR);
	run_end(&run);
}

static void
what_is_written_to_is_there_already(void)
{
	char text[32] = "";
	int fd;

	begin();
	file.kind = WRIT_BENEATH_WRITE;
	file.arg = 3;
	RUN(&run, "/bin/sh", "-c", "printf more >>\"$0\"", "sub/inside");
	CHECK_INT(run.res.exit_code, 0);
	fd = open(in_dir("base/sub/inside"), O_RDONLY | O_CLOEXEC);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	CHECK_TEXT(text, "inside\nmore");
	file.arg = 1;
	refused("sub/new", ENOENT);
	CHECK(access(in_dir("base/sub/new"), F_OK) < 0);
	run_end(&run);
}

static void
refuse_all(int of_link, int of_link_in_path)
{
	CHECK(symlink("../away/inside", in_dir("base/link")) == 0);
	CHECK(symlink("inside", in_dir("base/sub/near")) == 0);
	CHECK(symlink("/proc/self/fd/0", in_dir("base/magic")) == 0);
	CHECK(symlink("../away", in_dir("base/dir")) == 0);
	CHECK(mkfifo(in_dir("base/fifo"), 0666) == 0);
	refused("link", of_link);
	refused("sub/near", of_link);
	refused("magic", of_link);
	refused("dir/inside", of_link_in_path);
	refused("../away/inside", EXDEV);
	refused(in_dir("base/../away/inside"), EXDEV);
	refused("sub/../../away/inside", EXDEV);
	refused("fifo", EINVAL); /* and not waited for */
	refused("sub", EINVAL);
	refused("no/such", ENOENT);
}

static void
no_link_is_followed_and_nothing_above_is_reached(void)
{
	begin();
	refuse_all(ELOOP, ELOOP);
	run_end(&run);
}

static void
as_on_an_old_kernel(void)
{
	deny(SYS_openat2, -1, ENOSYS);
	begin();
	read_it("sub/inside");
	read_it("./sub//./inside");
	read_it(in_dir("base/sub/inside"));
	refuse_all(ELOOP, ENOTDIR);
	refused("sub/..", EXDEV);
	run_end(&run);
}

static void
without_openat2_the_same_holds_name_by_name(void)
{
	unit_dir();
	unit_fork(as_on_an_old_kernel);
}

static void
only_its_directory_is_looked_at(void)
{
	begin();
	file.kind = WRIT_BENEATH_PARENT;
	RUN(&run, "/bin/echo", in_dir("base/sub/new"));
	CHECK(strstr(run.res.out.data, "base/sub/new\n") != NULL);
	RUN(&run, "/bin/echo", in_dir("base/new"));
	CHECK_INT(run.res.exit_code, 0);
	CHECK(symlink("../away", in_dir("base/dir")) == 0);
	refused(in_dir("base/dir/new"), ELOOP);
	refused(in_dir("base/no/new"), ENOENT);
	refused(in_dir("base/../new"), EXDEV);
	run_refused(&run, WRIT_LIST("/bin/cat", in_dir("base/sub/..")), WRIT_E_INVAL,
		    WRIT_STAGE_PATH);
	run_refused(&run, WRIT_LIST("/bin/cat", "sub/new"), WRIT_E_INVAL, WRIT_STAGE_PATH);
	run_end(&run);
}

/* Where somebody else could have made the link it is not followed. */
static void
a_link_to_the_directory_is_taken_from_root_alone(void)
{
	if (geteuid() != 0)
		SKIP("only root may do what this test does");
	begin();
	CHECK(mkdir(in_dir("way"), 0755) == 0);
	CHECK(symlink("../base", in_dir("way/relative")) == 0);
	CHECK(symlink(in_dir("base"), in_dir("way/absolute")) == 0);
	CHECK(symlink("relative", in_dir("way/twice")) == 0);
	CHECK(symlink("self", in_dir("way/self")) == 0);
	for (int i = 0; i < 3; i++) {
		file.base = in_dir("way/%s", i == 0   ? "relative"
					     : i == 1 ? "absolute"
						      : "twice");
		read_it("sub/inside");
		CHECK(chmod(in_dir("way"), 0777) == 0);
		run_refused(&run, WRIT_LIST("/bin/cat", "sub/inside"), WRIT_E_SYS,
			    WRIT_STAGE_PATH);
		CHECK_INT(run.err.err_no, ELOOP);
		CHECK(chmod(in_dir("way"), 0755) == 0);
		CHECK(chown(in_dir("way"), NOBODY, NOBODY) == 0);
		run_refused(&run, WRIT_LIST("/bin/cat", "sub/inside"), WRIT_E_SYS,
			    WRIT_STAGE_PATH);
		CHECK_INT(run.err.err_no, ELOOP);
		CHECK(chown(in_dir("way"), 0, 0) == 0);
	}
	file.base = in_dir("way/self");
	run_refused(&run, WRIT_LIST("/bin/cat", "x"), WRIT_E_SYS, WRIT_STAGE_PATH);
	CHECK_INT(run.err.err_no, ELOOP);
	run_end(&run);
}

static void
the_rights_of_the_program_count(void)
{
	static const struct writ_creds nobody = { NOBODY, NOBODY, NULL, 0 };

	if (geteuid() != 0)
		SKIP("only root may do what this test does");
	begin();
	run.cmd.creds = &nobody;
	read_it("sub/inside");
	CHECK(chmod(in_dir("base/sub/inside"), 0600) == 0);
	refused("sub/inside", EACCES);
	CHECK(chmod(in_dir("base/sub/inside"), 0644) == 0);
	CHECK(chmod(in_dir("base/sub"), 0700) == 0);
	refused("sub/inside", EACCES);
	run_end(&run);
}

/* The directory and a link to another one change places, again and again. */
static _Noreturn void
swap_for_ever(void)
{
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, in_dir("base/sub"), AT_FDCWD, in_dir("base/dir"),
			2 /* RENAME_EXCHANGE */);
}

static void
who_swaps_a_directory_for_a_link_gets_nothing(void)
{
	int right = 0;
	pid_t swapper;
	pid_t self = getpid();

	begin();
	CHECK(symlink("../away", in_dir("base/dir")) == 0);
	fflush(NULL);
	swapper = fork();
	if (swapper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == self)
			swap_for_ever();
		_exit(0);
	}
	for (int i = 0; i < 100; i++) {
		writ_result_done(&run.res);
		run.cmd.argv = WRIT_LIST("/bin/cat", "sub/inside");
		if (writ_run(run.host, &run.cmd, &run.res, &run.err) < 0) {
			CHECK_INT(run.err.stage, WRIT_STAGE_PATH);
			continue;
		}
		CHECK_TEXT(run.res.out.data, "inside\n");
		right++;
	}
	CHECK(kill(swapper, SIGKILL) == 0 && waitpid(swapper, NULL, 0) == swapper);
	CHECK(right > 0);
	run_end(&run);
}

static void
the_plan_tells_the_files(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/cat", "of=sub/a", "/srv/x/b");
	const struct writ_beneath files[] = {
		{ .arg = 1, .offset = 3, .base = "/srv/x", .kind = WRIT_BENEATH_WRITE },
		{ .arg = 2, .base = "/srv/x/", .kind = WRIT_BENEATH_PARENT },
	};
	char *text = NULL;

	cmd.beneath = files;
	cmd.beneath_count = 2;
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "argv         of=/proc/self/fd/3\nargv         /srv/x/b\n") != NULL);
	CHECK(strstr(text, "beneath      sub/a in /srv/x, to write, as 3\n") != NULL);
	CHECK(strstr(text, "beneath      b in /srv/x/, its directory\n") != NULL);
	free(text);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(the_program_gets_the_file_and_not_its_name),
		UNIT(several_files_have_a_number_each),
		UNIT(a_directory_is_given_as_a_path),
		UNIT(what_is_written_to_is_there_already),
		UNIT(no_link_is_followed_and_nothing_above_is_reached),
		UNIT(without_openat2_the_same_holds_name_by_name),
		UNIT(only_its_directory_is_looked_at),
		UNIT(a_link_to_the_directory_is_taken_from_root_alone),
		UNIT(the_rights_of_the_program_count),
		UNIT(who_swaps_a_directory_for_a_link_gets_nothing),
		UNIT(the_plan_tells_the_files),
	};

	return UNIT_RUN(tests);
}
