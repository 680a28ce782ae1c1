#include "writ/result.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATUS_TIMED_OUT = 124,
	STATUS_NOT_DONE = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,
};

static int
status_of_error(const struct writ_error *err)
{
	bool of_program;

	if (err == NULL)
		return STATUS_NOT_DONE;
	of_program = err->stage == WRIT_STAGE_SEARCH || err->stage == WRIT_STAGE_EXEC;
	if (of_program && err->code == WRIT_E_NOT_FOUND)
		return STATUS_NOT_FOUND;
	if (of_program && err->code == WRIT_E_NOT_EXECUTABLE)
		return STATUS_NOT_EXECUTABLE;
	return STATUS_NOT_DONE;
}

int
writ_result_status(const struct writ_result *res)
{
	switch ((enum writ_cause)res->cause) {
	case WRIT_NOT_STARTED:
		return status_of_error(res->error);
	case WRIT_TIMEOUT:
	case WRIT_IDLE_TIMEOUT:
		return STATUS_TIMED_OUT;
	case WRIT_OUTPUT_LIMIT:
	case WRIT_LOST:
		return STATUS_NOT_DONE;
	case WRIT_EXITED:
		return res->exit_code;
	case WRIT_SIGNALED:
		return STATUS_SIGNAL + res->signal;
	case WRIT_CANCELLED:
		return res->exit_code >= 0 ? res->exit_code : STATUS_SIGNAL + res->signal;
	}
	return STATUS_NOT_DONE;
}

void
writ_result_done(struct writ_result *res)
{
	struct writ_result copy = { 0 };
	size_t size;

	if (res == NULL)
		return;
	/* no more than the caller's struct has */
	size = res->size == 0 || res->size > sizeof(copy) ? sizeof(copy) : res->size;
	memcpy(&copy, res, size);
	free(copy.out.data);
	free(copy.err.data);
	free(copy.left_behind.survivors);
	free(copy.error);
	free(copy.order);
	memset(res, 0, size);
	res->size = copy.size;
}
