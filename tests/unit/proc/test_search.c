#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/search.h"
#include "unit.h"

static char *
make_file(const char *name, mode_t mode)
{
	static char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", unit_dir(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	CHECK(fd >= 0);
	close(fd);
	return path;
}

static void
check_found(const struct writ_cmd *cmd, const char *expected)
{
	char *exe = NULL;

	CHECK_INT(search_program(cmd, true, &exe, NULL), 0);
	CHECK_TEXT(exe, expected);
	free(exe);
}

static void
check_refused(const struct writ_cmd *cmd, int code, int err_no)
{
	char *exe = NULL;
	struct writ_error err = { 0 };

	CHECK_INT(search_program(cmd, true, &exe, &err), code);
	CHECK_INT(search_program(cmd, true, &exe, NULL), code);
	CHECK(exe == NULL);
	CHECK_INT(err.err_no, err_no);
}

static void
a_path_is_taken_as_it_is(void)
{
	struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/sh") };
	char dir[200];

	check_found(&cmd, "/bin/sh");
	cmd.program = "/bin/true"; /* and argv[0] is only a name */
	check_found(&cmd, "/bin/true");
	CHECK(getcwd(dir, sizeof(dir)) != NULL);
	CHECK_INT(chdir("/bin"), 0);
	cmd.program = "./sh";
	check_found(&cmd, getcwd((char[64]){ 0 }, 64)[1] == 'b' ? "/bin/./sh" : "/usr/bin/./sh");
	CHECK_INT(chdir(dir), 0);
}

static void
a_name_is_looked_up_only_if_asked_for(void)
{
	struct writ_cmd cmd = { .argv = WRIT_LIST("sh"), .path = "/bin" };

	check_refused(&cmd, WRIT_E_INVAL, 0);
	cmd.search = true;
	check_found(&cmd, "/bin/sh");
}

static void
the_first_that_can_be_executed_is_found(void)
{
	struct writ_cmd cmd = { .argv = WRIT_LIST("tool"), .search = true };
	char path[400];
	char expected[200];

	mkdir(strcpy(path, make_file("tool", 0755)), 0755);
	snprintf(expected, sizeof(expected), "%s/tool", unit_dir());
	snprintf(path, sizeof(path), "/no/such/dir:/etc:%s:/bin", unit_dir());
	cmd.path = path;
	check_found(&cmd, expected);
	CHECK_INT(chmod(expected, 0644), 0);
	check_refused(&cmd, WRIT_E_NOT_EXECUTABLE, EACCES); /* found, but not to be executed */
	CHECK_INT(unlink(expected), 0);
	check_refused(&cmd, WRIT_E_NOT_FOUND, ENOENT);
	CHECK_INT(mkdir(expected, 0755), 0);
	check_refused(&cmd, WRIT_E_NOT_EXECUTABLE, EISDIR);
}

static void
relative_and_empty_entries_are_skipped(void)
{
	static const char *const paths[] = { ".", "", ":", "bin", "./", "::", "no/such:" };
	struct writ_cmd cmd = { .argv = WRIT_LIST("tool"), .search = true };
	char before[4096];

	make_file("tool", 0755);
	CHECK(getcwd(before, sizeof(before)) != NULL);
	CHECK_INT(chdir(unit_dir()), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		cmd.path = paths[i];
		check_refused(&cmd, WRIT_E_NOT_FOUND, ENOENT);
	}
	CHECK_INT(chdir(before), 0);
}

static void
the_path_set_for_the_program_counts(void)
{
	struct writ_cmd cmd = { .argv = WRIT_LIST("tool"), .search = true };
	char setting[200];
	char expected[200];

	make_file("tool", 0755);
	snprintf(setting, sizeof(setting), "PATH=%s", unit_dir());
	snprintf(expected, sizeof(expected), "%s/tool", unit_dir());
	cmd.env.set = WRIT_LIST(setting);
	check_found(&cmd, expected);
	cmd.env.set = NULL;
	cmd.env.from = WRIT_LIST(setting);
	check_found(&cmd, expected);
	cmd.env.from = WRIT_LIST("HOME=/");
	check_refused(&cmd, WRIT_E_NOT_FOUND, ENOENT);
}

static void
what_is_no_program_is_refused(void)
{
	struct writ_cmd cmd = { .search = true, .path = "/bin" };

	cmd.argv = WRIT_LIST("");
	check_refused(&cmd, WRIT_E_INVAL, 0);
	cmd.argv = WRIT_LIST(".");
	check_refused(&cmd, WRIT_E_INVAL, 0);
	cmd.argv = WRIT_LIST("..");
	check_refused(&cmd, WRIT_E_INVAL, 0);
	cmd.argv = WRIT_LIST("/");
	check_refused(&cmd, WRIT_E_NOT_EXECUTABLE, EISDIR);
	cmd.argv = WRIT_LIST("/dev/null");
	check_refused(&cmd, WRIT_E_NOT_EXECUTABLE, EACCES);
	cmd.argv = WRIT_LIST("/etc/passwd/x");
	check_refused(&cmd, WRIT_E_NOT_FOUND, ENOTDIR);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_path_is_taken_as_it_is),
		UNIT(a_name_is_looked_up_only_if_asked_for),
		UNIT(the_first_that_can_be_executed_is_found),
		UNIT(relative_and_empty_entries_are_skipped),
		UNIT(the_path_set_for_the_program_counts),
		UNIT(what_is_no_program_is_refused),
	};

	return UNIT_RUN(tests);
}
