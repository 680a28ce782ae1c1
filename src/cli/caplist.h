/* caplist.h - a list of capabilities, as an option takes it. */
#ifndef WRIT_CLI_CAPLIST_H
#define WRIT_CLI_CAPLIST_H

#include <writ.h>

/* "NAME,NAME,...", a '+' before a name meaning nothing, as setpriv(1) has it; "none";
 * with a '~' in front all but these, as systemd.exec(5) has it.
 * Errors: WRIT_E_SYNTAX. */
int caplist_parse(const char *text, uint64_t *ret_caps, struct writ_error *err);

#endif
