#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

static int
try_open(const char *path, struct writ_error *err)
{
	const struct audit_options options = { .path = path };
	struct audit *audit = NULL;
	int r = audit_open(&options, &audit, err);

	CHECK(r == 0 || audit == NULL);
	audit_close(audit);
	return r;
}

static void
as_the_second_writer(void)
{
	struct writ_error err = { 0 };

	CHECK_INT(try_open(log_path(0), &err), WRIT_E_STATE);
	CHECK(strstr(err.subject, "(process ") != NULL);
}

static void
is_written_to_by_one_process(void)
{
	struct audit *audit = log_open(0);

	unit_fork(as_the_second_writer);
	log_fill(audit, AUDIT_NOTE, 1); /* whose end did not take the lock from us */
	unit_fork(as_the_second_writer);
	audit_close(audit);
	CHECK_INT(try_open(log_path(0), NULL), 0);
}

static void
refuses_a_place_that_others_can_change(void)
{
	char dir[128];
	char path[256];
	struct writ_error err = { 0 };

	snprintf(dir, sizeof(dir), "%s/dir", unit_dir());
	snprintf(path, sizeof(path), "%s/log", dir);
	CHECK_INT(mkdir(dir, 0700), 0);
	CHECK_INT(try_open(path, &err), 0);
	CHECK_INT(chmod(dir, 0777), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
	CHECK_INT(chmod(dir, 01777), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
	CHECK_INT(chmod(dir, 0755), 0);
	CHECK_INT(chmod(path, 0660), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
	CHECK_INT(chmod(path, 0600), 0);
	CHECK_INT(try_open(path, &err), 0);
	if (geteuid() == 0) {
		CHECK_INT(chown(dir, 65534, 65534), 0);
		CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
		CHECK(strstr(err.why, "belongs to somebody else") != NULL);
	}
	CHECK_INT(try_open("log", &err), WRIT_E_INVAL);
	CHECK_INT(try_open("/", &err), WRIT_E_INVAL);
	CHECK_INT(try_open("/nowhere/log", &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, ENOENT);
}

static void
refuses_symbolic_links(void)
{
	char dir[128];
	char link_path[128];
	char path[256];
	struct writ_error err = { 0 };

	snprintf(dir, sizeof(dir), "%s/dir", unit_dir());
	snprintf(link_path, sizeof(link_path), "%s/link", unit_dir());
	snprintf(path, sizeof(path), "%s/log", link_path);
	CHECK_INT(mkdir(dir, 0700), 0);
	CHECK_INT(symlink(dir, link_path), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
	CHECK_INT(err.err_no, ELOOP);
	/* the file itself, and the lock */
	snprintf(path, sizeof(path), "%s/log", dir);
	CHECK_INT(symlink("/etc/passwd", path), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
	CHECK_INT(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/log.lock", dir);
	unlink(path);
	CHECK_INT(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/log", dir);
	CHECK_INT(try_open(path, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, ELOOP);
	/* a second name, through which others may have it */
	snprintf(path, sizeof(path), "%s/log.lock", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/log", dir);
	CHECK_INT(try_open(path, &err), 0);
	CHECK_INT(link(path, link_path), -1);
	unlink(link_path);
	CHECK_INT(link(path, link_path), 0);
	CHECK_INT(try_open(path, &err), WRIT_E_INVAL);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(is_written_to_by_one_process),
		UNIT(refuses_a_place_that_others_can_change),
		UNIT(refuses_symbolic_links),
	};

	return UNIT_RUN(tests);
}
