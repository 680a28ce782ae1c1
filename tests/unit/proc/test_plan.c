#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/plan.h"
#include "runs.h"
#include "unit.h"

static char *
make_text(size_t len)
{
	char *text = malloc(len + 1);

	CHECK(text != NULL);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static void
looks_everything_up(void)
{
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "x");
	struct writ_order *order;
	struct plan plan;

	cmd.path = "/bin";
	cmd.cwd = "/tmp";
	cmd.env.preset = WRIT_ENV_NONE;
	cmd.env.set = WRIT_LIST("A=1");
	cmd.limits = WRIT_LIST("core=0");
	CHECK_INT(plan_make(&cmd, &plan, NULL), 0);
	CHECK_TEXT(plan.start.exe, "/bin/sh");
	CHECK_TEXT(plan.start.cwd, "/tmp");
	CHECK_TEXT(plan.start.envp[0], "A=1");
	CHECK(plan.start.envp[1] == NULL);
	CHECK_INT(plan.start.limit_count, 1);
	CHECK(plan.start.creds == NULL);
	order = plan_order(&cmd, &plan);
	plan_done(&plan);
	CHECK_TEXT(order->exe, "/bin/sh"); /* a copy */
	CHECK_TEXT(order->cwd, "/tmp");
	CHECK_TEXT(order->argv[2], "x");
	CHECK(order->argv[3] == NULL);
	CHECK_TEXT(order->env_names[0], "A"); /* never a value */
	CHECK(order->env_names[1] == NULL);
	free(order);
}

static void
what_was_found_stays_for_the_record_of_a_failure(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/sh");
	struct writ_order *order;
	struct plan plan;

	cmd.limits = WRIT_LIST("bad");
	CHECK_INT(plan_make(&cmd, &plan, NULL), WRIT_E_SYNTAX);
	order = plan_order(&cmd, &plan);
	CHECK_TEXT(order->exe, "/bin/sh");
	free(order);
	plan_done(&plan);
	cmd.argv = WRIT_LIST("/no/such");
	CHECK_INT(plan_make(&cmd, &plan, NULL), WRIT_E_NOT_FOUND);
	order = plan_order(&cmd, &plan);
	CHECK(order->exe == NULL && order->env_names[0] == NULL);
	CHECK_TEXT(order->argv[0], "/no/such");
	free(order);
	plan_done(&plan);
}

static void
one_string_may_be_as_long_as_the_kernel_takes(void)
{
	struct run run;
	char *text = make_text(OS_ARG_STRING_MAX);

	run_begin(&run);
	run_refused(&run, WRIT_LIST("/bin/true", text), WRIT_E_LIMIT, WRIT_STAGE_ARGV);
	CHECK_INT(run.err.err_no, E2BIG);
	CHECK(strncmp(run.err.subject, "argv[1]", 7) == 0);
	text[OS_ARG_STRING_MAX - 1] = '\0'; /* the last that fits: the kernel agrees */
	RUN(&run, "/bin/true", text);
	CHECK_INT(run.res.exit_code, 0);
	memcpy(text, "A=", 2);
	run.cmd.env.set = WRIT_LIST(text);
	RUN(&run, "/bin/true");
	run_end(&run);
	free(text);
}

static void
all_together_may_be_a_quarter_of_the_stack(void)
{
	enum { COUNT = 100 };
	const char *argv[COUNT + 2] = { "/bin/true" };
	struct run run;
	char *text = make_text(100000);

	for (int i = 1; i <= COUNT; i++)
		argv[i] = text; /* 10 MB: more than any stack allows */
	run_begin(&run);
	run_refused(&run, argv, WRIT_E_LIMIT, WRIT_STAGE_ARGV);
	CHECK_INT(run.err.err_no, E2BIG);
	run.cmd.limits = WRIT_LIST("stack=4M");
	argv[9] = NULL; /* 800 KB: fits a MiB */
	run_do(&run, argv);
	CHECK_INT(run.res.exit_code, 0);
	argv[9] = text;
	argv[12] = NULL; /* 1.1 MB */
	run_refused(&run, argv, WRIT_E_LIMIT, WRIT_STAGE_ARGV);
	run_end(&run);
	free(text);
}

static void
the_plan_can_be_read_without_a_run(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/echo", "hi");
	struct writ_error err = { 0 };
	char *text = NULL;

	cmd.env.preset = WRIT_ENV_NONE;
	cmd.env.set = WRIT_LIST("SHOWN=1");
	cmd.env.set_secret = WRIT_LIST("TOKEN=hunter2");
	cmd.timeout_ms = 1500;
	cmd.set_umask = true;
	cmd.umask = 027;
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "/bin/echo") != NULL && strstr(text, "SHOWN=1") != NULL);
	CHECK(strstr(text, "TOKEN=") != NULL && strstr(text, "hunter2") == NULL);
	CHECK(strstr(text, "0027") != NULL && strstr(text, "1500ms") != NULL);
	free(text);
	text = NULL;
	CHECK_INT(writ_plan_text(NULL, &cmd, true, &text, NULL), 0);
	CHECK(text[0] == '{' && strstr(text, "hunter2") == NULL);
	CHECK(strstr(text, "\"steps\": [") != NULL);
	free(text);
	text = NULL;
	cmd.argv = WRIT_LIST("/no/such");
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, &err), WRIT_E_NOT_FOUND);
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), WRIT_E_NOT_FOUND);
	CHECK(text == NULL);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(looks_everything_up),
		UNIT(what_was_found_stays_for_the_record_of_a_failure),
		UNIT(one_string_may_be_as_long_as_the_kernel_takes),
		UNIT(all_together_may_be_a_quarter_of_the_stack),
		UNIT(the_plan_can_be_read_without_a_run),
	};

	return UNIT_RUN(tests);
}
