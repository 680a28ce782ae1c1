/* lost.h - the records of runs whose owner died. */
#ifndef WRIT_OS_LINUX_LAUNCHER_LOST_H
#define WRIT_OS_LINUX_LAUNCHER_LOST_H

#include "plain.h"

enum { LOST_MAX = 64 }; /* runs with a record, at a time, of one host */

struct lost {
	int run; /* -1: free */
	int fd;
	char *head;
	size_t head_len;
	int64_t started_ns;
};

struct lost_list {
	struct lost list[LOST_MAX];
};

void lost_init(struct lost_list *lost);

/* Takes NOTE_RECORD (its text stands behind it, `fd` came along) and NOTE_DONE. */
void lost_note(struct lost_list *lost, const struct note *note, int fd);

/* Writes the record of every run that is not done. */
void lost_write(struct lost_list *lost, const char *containment, int found, int survived);

#endif
