/* harness.h - what the drivers share. A driver is harness.c, which has main(),
 * linked with one method, which has the three functions below.
 *
 *   DRIVER [--resident MIB] [--contain LEVEL] [--level-max LEVEL]
 *          [--capacity BYTES] PROGRAM [ARG...]
 *
 * It writes "ready NOTE", and then answers each line it reads:
 *
 *   go N    the nanoseconds that N runs took, one after another
 *   stat    "RSS_KIB HUGE_KIB DESCRIPTORS" of itself
 *
 * The end of its input ends it. What goes wrong is one line on standard error,
 * and status 1, or 77 if this machine cannot do what was asked. The program it
 * runs finds the null device on 0 and 1.
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stddef.h>
#include <stdint.h>

struct bench {
	char **argv;	/* what to run, NULL-ended */
	long resident_mib;
	const char *contain;
	const char *level_max;
	long capacity;	/* of the pipe, in bytes; 0: as it comes */
};

/* Of the method. run_begin() is called once, after the memory is touched.
 * Both return 0, or -1 after saying why with bench_fail(). */
int run_begin(const struct bench *bench);
int run_once(void);

/* What there is to say about the method, on one line; after a run. */
const char *run_note(void);

/* Says "DRIVER: what: why" on standard error. Returns -1. */
int bench_fail(const char *what, const char *why);

/* The same, and ends the driver with status 77. */
_Noreturn void bench_skip(const char *what, const char *why);

#endif
