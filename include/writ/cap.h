/* cap.h - capabilities by their names, as capabilities(7) has them.
 *
 * A set of them is an uint64_t: bit N stands for number N, as in /proc/PID/status.
 *
 * Threads: any; nothing here has state.
 * After fork: yes.
 */
#ifndef WRIT_CAP_H
#define WRIT_CAP_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WRIT_CAP_BIT(number) (UINT64_C(1) << (number))

/* The number of "cap_net_admin", "CAP_NET_ADMIN" or "net_admin", from 0 to 63: of Linux,
 * whether this kernel has it or not. Errors: WRIT_E_SYNTAX. */
WRIT_API int writ_cap_by_name(const char *name, struct writ_error *err);

/* "cap_net_admin". Static; NULL: the number has no name here. */
WRIT_API const char *writ_cap_name(int number);

#ifdef __cplusplus
}
#endif

#endif
