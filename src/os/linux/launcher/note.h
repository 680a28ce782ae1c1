/* note.h - what the library and the launcher say to each other, one datagram a
 * note, over a SOCK_SEQPACKET pair. Both are built together: no version. */
#ifndef WRIT_OS_LINUX_LAUNCHER_NOTE_H
#define WRIT_OS_LINUX_LAUNCHER_NOTE_H

#include <stdint.h>

#include "../step.h"

enum note_type {
	/* to the launcher */
	NOTE_ORDER = 1, /* text: the order of steps; code 1: do not send NOTE_STARTED */
	NOTE_RECORD,	/* text: the head of the record of run `run`; its descriptor comes along */
	NOTE_DONE,	/* run `run` has ended: forget its record */
	NOTE_SIGNAL,	/* send signal `code` to the whole tree */
	NOTE_KILL,	/* end the whole tree */
	NOTE_COUNT,	/* say what is there */
	NOTE_LEAVE,	/* go, and let what is left live */

	/* from the launcher */
	NOTE_READY,   /* the guardian watches; nothing of the owner's memory is used any more */
	NOTE_STARTED, /* pid, token: the program */
	NOTE_FAILED,  /* code: the step; status: errno */
	NOTE_EXITED,  /* code, status: as waitid(2) gives them; the usage of the program;
		       * pid and token again */
	NOTE_COUNTED, /* found, survivors: who is there */
	NOTE_EMPTY,   /* nothing is left but `survived`; the usage of the tree; and what
		       * NOTE_EXITED has, if that was not sent (code is 0 if it was) */
};

enum {
	NOTE_SURVIVORS_MAX = 16,
	NOTE_BYTES_MAX = STEP_BYTES_MAX + 256,
};

struct note {
	uint32_t type; /* enum note_type */
	int32_t run;   /* which of the host's runs (guardian only) */
	int64_t pid;
	uint64_t token;
	int32_t code;
	int32_t status;
	int64_t user_ns;
	int64_t sys_ns;
	int64_t max_rss_kib;
	int64_t tree_user_ns;
	int64_t tree_sys_ns;
	int32_t found;
	int32_t killed;
	int32_t survived;
	int32_t text_len;
	int64_t survivors[NOTE_SURVIVORS_MAX]; /* pids */
};

/* How the launcher is started: argv[0] NOTE_NAME, argv[1] a mode, argv[2]
 * "SOCKET OWNER[ CGROUPS]" (descriptors), then the program's argv, or for the
 * guardian the prefix of its control groups. */
#define NOTE_NAME "writ-launcher"
enum { NOTE_ARGV_FIRST = 3 };

#endif
