/* os_clock.h - time and chance. */
#ifndef WRIT_OS_CLOCK_H
#define WRIT_OS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

int64_t os_clock_ns(void);	/* monotonic */
int64_t os_clock_real_ns(void); /* since 1970 */
void os_sleep_ms(int64_t ms);
void os_random(void *buf, size_t len);

#endif
