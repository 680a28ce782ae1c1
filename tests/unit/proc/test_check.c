#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/check.h"
#include "unit.h"
#include "writ/proc.h"

static int
sink(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	(void)ctx;
	(void)proc;
	(void)stream;
	(void)data;
	(void)len;
	return WRIT_FLOW_ON;
}

static const struct writ_cmd good = { .argv = (const char *const[]){ "/bin/true", NULL } };

static void
check_refused(const struct writ_cmd *cmd, int stage)
{
	struct writ_cmd checked;
	struct writ_error err = { 0 };

	CHECK_INT(check_cmd(cmd, &checked, &err), WRIT_E_INVAL);
	CHECK_INT(check_cmd(cmd, &checked, NULL), WRIT_E_INVAL);
	CHECK_TEXT(writ_stage_name(err.stage), writ_stage_name(stage));
}

static void
the_closed_request_is_a_good_one(void)
{
	struct writ_cmd checked;

	CHECK_INT(check_cmd(&good, &checked, NULL), 0);
	CHECK_INT(checked.size, 0);
	CHECK(checked.argv == good.argv);
}

static void
a_request_of_a_newer_library_is_refused(void)
{
	struct writ_cmd cmd = good;

	cmd.size = sizeof(cmd) + 1;
	check_refused(&cmd, WRIT_STAGE_ARGV);
}

static void
a_program_must_be_named(void)
{
	struct writ_cmd cmd = { 0 };

	check_refused(&cmd, WRIT_STAGE_ARGV);
	cmd.argv = WRIT_LIST(NULL);
	check_refused(&cmd, WRIT_STAGE_ARGV);
}

static void
streams_must_make_sense(void)
{
	const struct writ_in ins[] = { { .kind = -1 },
				       { .kind = WRIT_IN_STREAM + 1 },
				       { .kind = WRIT_IN_FILE },
				       { .kind = WRIT_IN_FD, .fd = 1000 },
				       { .kind = WRIT_IN_FD, .fd = -1 },
				       { .kind = WRIT_IN_DATA, .len = 1 } };
	const struct writ_out outs[] = { { .kind = -1 },
					 { .kind = WRIT_OUT_MERGE + 1 },
					 { .kind = WRIT_OUT_FILE },
					 { .kind = WRIT_OUT_FD, .fd = 1000 },
					 { .kind = WRIT_OUT_STREAM },
					 { .overflow = -1 },
					 { .overflow = WRIT_OVERFLOW_KILL + 1 },
					 { .max_bytes = SIZE_MAX } };
	struct writ_cmd cmd;

	for (size_t i = 0; i < sizeof(ins) / sizeof(ins[0]); i++) {
		cmd = good;
		cmd.in = ins[i];
		check_refused(&cmd, WRIT_STAGE_STREAM);
	}
	for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]); i++) {
		cmd = good;
		cmd.out = outs[i];
		check_refused(&cmd, WRIT_STAGE_STREAM);
		cmd = good;
		cmd.err = outs[i];
		check_refused(&cmd, WRIT_STAGE_STREAM);
	}
	cmd = good;
	cmd.out.kind = WRIT_OUT_MERGE; /* of what? */
	check_refused(&cmd, WRIT_STAGE_STREAM);
}

static void
an_idle_timeout_needs_an_output_to_see(void)
{
	struct writ_cmd cmd = good;
	struct writ_cmd checked;

	cmd.idle_timeout_ms = 1;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
	cmd.out.kind = WRIT_OUT_NULL;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
	cmd.err.kind = WRIT_OUT_MERGE;
	check_refused(&cmd, WRIT_STAGE_TIME);
	cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = sink };
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
}

static void
numbers_must_be_in_range(void)
{
	const struct writ_teardown bad[] = { { 0, 1 }, { 65, 1 }, { -1, 1 }, { 9, -1 } };
	struct writ_cmd cmd = good;

	cmd.timeout_ms = -1;
	check_refused(&cmd, WRIT_STAGE_TIME);
	cmd = good;
	cmd.idle_timeout_ms = -1;
	check_refused(&cmd, WRIT_STAGE_TIME);
	cmd = good;
	cmd.drain_max_ms = -1;
	check_refused(&cmd, WRIT_STAGE_TIME);
	for (int i = 0; i < 4; i++) {
		cmd = good;
		cmd.teardown = &bad[i];
		cmd.teardown_count = 1;
		check_refused(&cmd, WRIT_STAGE_TIME);
	}
	cmd.teardown_count = CHECK_TEARDOWN_MAX + 1;
	check_refused(&cmd, WRIT_STAGE_TIME);
	for (int nice = -21; nice <= 20; nice += 41) {
		cmd = good;
		cmd.set_nice = true;
		cmd.nice = nice;
		check_refused(&cmd, WRIT_STAGE_NICE);
	}
	cmd = good;
	cmd.set_umask = true;
	cmd.umask = 01000;
	check_refused(&cmd, WRIT_STAGE_UMASK);
	cmd = good;
	cmd.contain = WRIT_LEVEL_CGROUP + 1;
	check_refused(&cmd, WRIT_STAGE_CONTAIN);
	cmd.contain = -1;
	check_refused(&cmd, WRIT_STAGE_CONTAIN);
}

static void
a_count_without_a_list_is_refused(void)
{
	struct writ_cmd cmd = good;

	cmd.teardown_count = 1; /* but there is none */
	check_refused(&cmd, WRIT_STAGE_TIME);
	cmd = good;
	cmd.pass_count = 1;
	check_refused(&cmd, WRIT_STAGE_DESCRIPTOR);
}

static void
descriptors_to_pass_must_be_there(void)
{
	struct writ_pass pass[61];
	struct writ_cmd checked;
	struct writ_cmd cmd = good;

	for (int i = 0; i < 61; i++)
		pass[i] = (struct writ_pass){ 1, 3 + i };
	cmd.pass = pass;
	cmd.pass_count = 60;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
	cmd.pass_count = 61;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), WRIT_E_LIMIT);
	cmd.pass_count = 2;
	pass[1].to = 2;
	check_refused(&cmd, WRIT_STAGE_DESCRIPTOR);
	pass[1].to = 3;
	check_refused(&cmd, WRIT_STAGE_DESCRIPTOR);
	pass[1] = (struct writ_pass){ 1000, 4 };
	check_refused(&cmd, WRIT_STAGE_DESCRIPTOR);
	pass[1] = (struct writ_pass){ 1, 1 << 30 };
	check_refused(&cmd, WRIT_STAGE_DESCRIPTOR);
}

static void
a_record_needs_a_descriptor_to_write_to(void)
{
	struct writ_cmd checked;
	struct writ_cmd cmd = good;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	cmd.record = true;
	cmd.record_fd = fd;
	check_refused(&cmd, WRIT_STAGE_RECORD);
	close(fd);
	check_refused(&cmd, WRIT_STAGE_RECORD);
	cmd.record_fd = 1;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(the_closed_request_is_a_good_one),
		UNIT(a_request_of_a_newer_library_is_refused),
		UNIT(a_program_must_be_named),
		UNIT(streams_must_make_sense),
		UNIT(an_idle_timeout_needs_an_output_to_see),
		UNIT(numbers_must_be_in_range),
		UNIT(a_count_without_a_list_is_refused),
		UNIT(descriptors_to_pass_must_be_there),
		UNIT(a_record_needs_a_descriptor_to_write_to),
	};

	return UNIT_RUN(tests);
}
