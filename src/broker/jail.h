/* jail.h - what the front gives up for ever, when it has all that it needs. */
#ifndef WRIT_BROKER_JAIL_H
#define WRIT_BROKER_JAIL_H

/* No file of any file system (Landlock, where the kernel has it), no new processes, no
 * system call but those of waiting, talking on descriptors it has, and memory
 * (seccomp). Others kill it. 0 or -errno. */
int jail_enter(void);

#endif
