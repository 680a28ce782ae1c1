/* order.h - making an order of steps from what is asked. */
#ifndef WRIT_OS_LINUX_ORDER_H
#define WRIT_OS_LINUX_ORDER_H

#include "os/os_child.h"
#include "step.h"

/* The descriptors that the launcher gets beside the program's. */
struct order_extra {
	int socket;
	int owner;    /* pidfd of ours, or -1 */
	int launcher; /* its executable */
	/* where they are in the launcher: */
	int socket_at;
	int owner_at;
	int launcher_at;
};

/* All steps, from the signals to the program: for a child of ours. The descriptor
 * `closing` (-1: none) stays open until it is executed. */
int order_direct(const struct os_start *start, int closing, struct order **ret_order,
		 struct writ_error *err);

/* The steps up to executing the launcher, which sets up the descriptors. */
int order_boot(const struct os_start *start, struct order_extra *extra, struct order **ret_order,
	       struct writ_error *err);

/* The steps that the launcher takes for the program. `stays`: in a child. */
int order_rest(const struct os_start *start, bool stays, struct order **ret_order,
	       struct writ_error *err);

/* The guardian: a session of its own, and the descriptors 0 to `count` - 1. */
int order_guardian(const struct os_map *map, size_t count, int launcher, struct order **ret_order,
		   struct writ_error *err);

/* Tells in `err` which step failed, and returns its code. */
int order_fail(struct writ_error *err, const struct order *order, const struct os_start *start,
	       const struct step_failure *failure);

/* Prints the steps, a line each, or as elements of a JSON array. */
struct buf;
void order_print(const struct order *order, bool json, struct buf *buf);

#endif
