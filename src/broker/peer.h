/* peer.h - who has connected: what the kernel says, and nothing that they say. */
#ifndef WRIT_BROKER_PEER_H
#define WRIT_BROKER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/policy.h"

enum { PEER_GROUPS_MAX = 65536 }; /* NGROUPS_MAX of Linux */

struct run;

struct peer {
	uint64_t number;
	pid_t pid; /* for the record only */
	uint32_t uid; /* as they were at connect(2) */
	uint32_t gid;
	uint32_t *groups;
	size_t group_count;
	bool is_foreign; /* outside our user, pid or mount namespace, or not known to be inside */
	bool is_gone;	 /* disconnected; its runs are ending */
	struct run *runs;
};

/* SO_PEERCRED, SO_PEERGROUPS (Linux 4.13), and the namespaces of the process, found by
 * SO_PEERPIDFD (Linux 6.5), never by its number alone. 0 or -errno: it is not to be
 * served. */
int peer_read(int socket, struct peer *ret_peer);

/* Can this kernel tell a peer's namespaces? */
bool peer_can_be_placed(void);

/* As the policy wants to know it. */
struct policy_peer peer_who(const struct peer *peer);

void peer_done(struct peer *peer);

#endif
