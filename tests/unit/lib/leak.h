/* leak.h - what a test left behind: descriptors, children, control groups,
 * the processes of a host, temporary files.
 *
 * After fork: yes; begin again in the child.
 */
#ifndef TEST_LEAK_H
#define TEST_LEAK_H

#include <stdbool.h>
#include <stddef.h>

enum { LEAK_FDS_MAX = 1024 };

struct leak {
	bool open[LEAK_FDS_MAX];
	int groups; /* control groups of our hosts */
	int files;  /* temporary files of ours */
	int guardians;
};

/* Remembers what is there. Children are ended: a test that failed left them. */
void leak_begin(struct leak *leak);

/* Says what is there now and was not, a sentence in `buf`; false: nothing.
 * No host may be alive. */
bool leak_find(const struct leak *leak, char *buf, size_t size);

/* The directory in which a host of ours makes its control groups; false if
 * there is none. */
bool leak_group_dir(char *buf, size_t size);

/* How many control groups of our hosts are there. */
int leak_count_groups(void);

#endif
