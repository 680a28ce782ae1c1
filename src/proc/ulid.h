/* ulid.h - names of runs: 48 bits of time, 80 of chance, 26 letters that sort
 * by time (github.com/ulid/spec). */
#ifndef WRIT_PROC_ULID_H
#define WRIT_PROC_ULID_H

void ulid_make(char buf[27]);

#endif
