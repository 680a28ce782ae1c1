/* deny.h - system calls that answer what a test wants, and do nothing: for this
 * process and all that it starts, for ever. Call it in unit_fork(). */
#ifndef TEST_DENY_H
#define TEST_DENY_H

/* The call `number`, with `first` as its first argument (-1: any), answers `err_no`;
 * 0: that it was done. Skips the test where that cannot be. */
void deny(long number, long first, int err_no);

#endif
