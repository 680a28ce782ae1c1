/* text.h - how durations, sizes, signals and limits are written everywhere.
 *
 * Threads: any.
 */
#ifndef WRIT_TEXT_H
#define WRIT_TEXT_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "10" (seconds), "500ms", "1.5s", "2m", "1h30m", "1d". Errors: WRIT_E_SYNTAX
 * (also for one past 146 years or so). */
WRIT_API int writ_duration_parse(const char *text, int64_t *ret_ms, struct writ_error *err);

/* "4096", "512K", "16M", "2G", "1T", binary. Errors: WRIT_E_SYNTAX (also for one
 * past INT64_MAX). */
WRIT_API int writ_size_parse(const char *text, uint64_t *ret_bytes, struct writ_error *err);

/* "TERM", "SIGTERM", "15", "RTMIN+1". Errors: WRIT_E_SYNTAX. */
WRIT_API int writ_signal_parse(const char *text, int *ret_signal, struct writ_error *err);

/* "TERM"; "SIG" and the number if it has no name. Returns `buf`. */
WRIT_API char *writ_signal_name(int signal, char buf[16]);

#ifdef __cplusplus
}
#endif

#endif
