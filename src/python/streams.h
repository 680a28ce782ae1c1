/* streams.h - the descriptors that go with a request to writd: three streams, and the
 * working directory.
 */
#ifndef WRIT_PYTHON_STREAMS_H
#define WRIT_PYTHON_STREAMS_H

#include "flow.h"

struct streams {
	struct flow in;
	struct flow out;
	struct flow err;
	struct flow cwd; /* only ever a descriptor */
};

void streams_init(struct streams *streams, void *owner);

/* Makes of what `cmd` says what can be sent: files are opened, and with `poll` not -1
 * pipes made. 0 or a code. */
int streams_open(struct streams *streams, struct writ_cmd *cmd, int poll,
		 struct writ_error *err);

/* `cmd` will be sent later: what it borrows is copied. 0 or a code. */
int streams_own(struct streams *streams, struct writ_cmd *cmd, struct writ_error *err);

/* It was sent: see flow_part(). Or it was not, and will be once more. */
void streams_part(struct streams *streams);
void streams_close_pipes(struct streams *streams);

void streams_done(struct streams *streams, bool is_inherited);

#endif
