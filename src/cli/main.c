#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "writ.h"
int main(int argc, char **argv)
{
	struct writ_cmd cmd;
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	char text[600], *rec;
	struct writ_host *host;
	if (argc < 2) return 2;
	writ_cmd_init(&cmd, (const char *const *)argv + 1);
	cmd.timeout_ms = 5000;
	if (getenv("T")) cmd.timeout_ms = atoi(getenv("T"));
	struct writ_host_options o = {.size = sizeof o, .level_max = getenv("L") ? atoi(getenv("L")) : 0};
	if (writ_host_new(&o, &host, &err) < 0 || writ_run(host, &cmd, &res, &err) < 0) {
		printf("%s (%s)\n", writ_error_text(&err, text, sizeof text), err.hint);
		return 125;
	}
	writ_result_record(&res, &rec, &err);
	printf("%s\n[%s][%s]\n", rec, res.out.data ? res.out.data : "", res.err.data ? res.err.data : "");
	writ_result_done(&res);
	writ_host_free(host);
	return 0;
}
