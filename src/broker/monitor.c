#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "listen.h"
#include "notify.h"
#include "run.h"
#include "tell.h"

enum {
	ACCEPTS_A_TURN = 64,
	MESSAGES_A_TURN = 256,
	STRANGERS_TELL_MS = 1000,
	FRONT_LINK_FD = 3,
	FRONT_LIFE_MS = 1000, /* one that ends sooner would do so for ever */
	FRONT_END_MS = 2000,  /* to pass on the last answers */
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Peers: a slot each, numbered by generation and slot, so that no number comes twice. */

static struct peer *
find_peer(struct monitor *monitor, uint64_t number)
{
	struct peer *peer = NULL;

	if ((uint32_t)number < PEERS_MAX)
		peer = monitor->peers[(uint32_t)number];
	return peer != NULL && peer->number == number && !peer->is_gone ? peer : NULL;
}

/* Takes what `peer` has. NULL: there is no room. */
static struct peer *
add_peer(struct monitor *monitor, const struct peer *peer)
{
	struct peer *added;
	size_t slot = monitor->next_slot;

	for (size_t i = 0; monitor->peers[slot] != NULL; i++) {
		if (i == PEERS_MAX)
			return NULL;
		slot = (slot + 1) % PEERS_MAX;
	}
	added = malloc(sizeof(*added));
	if (added == NULL)
		return NULL;
	*added = *peer;
	added->number = (uint64_t)++monitor->generation << 32 | slot;
	monitor->peers[slot] = added;
	monitor->next_slot = (slot + 1) % PEERS_MAX;
	return added;
}

static void
remove_peer(struct monitor *monitor, struct peer *peer)
{
	monitor->peers[(uint32_t)peer->number] = NULL;
	peer_done(peer);
	free(peer);
}

void
monitor_release(struct monitor *monitor, struct peer *peer)
{
	if (peer->is_gone && peer->runs == NULL)
		remove_peer(monitor, peer);
}

static void
stop_runs(const struct peer *peer)
{
	for (struct run *run = peer->runs; run != NULL; run = run->next)
		run_stop(run, false);
}

/* Its runs end; the last of them takes it along. */
static void
lose_peer(struct monitor *monitor, struct peer *peer)
{
	peer->is_gone = true;
	stop_runs(peer);
	monitor_release(monitor, peer);
}

/* The front. */

/* One that does not read, or is not there, is ended; another takes its place. */
static void
send_front(struct monitor *monitor, const struct link_head *head, const void *frame, size_t len)
{
	if (monitor->link < 0)
		return;
	if (outbox_send(&monitor->to_front, monitor->link, head, sizeof(*head), frame, len) < 0 ||
	    monitor->to_front.bytes > FRONT_UNREAD_BYTES_MAX)
		writ_stop(monitor->front, WRIT_STOP_KILL, "monitor");
}

void
monitor_answer(struct monitor *monitor, const struct peer *peer, const void *frame, size_t len)
{
	const struct link_head head = { .kind = LINK_FRAME, .connection = peer->number };

	if (!peer->is_gone && len != 0)
		send_front(monitor, &head, frame, len);
}

static void
note_front_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct monitor *monitor = ctx;

	(void)proc;
	if (!monitor->is_over)
		tell("the front has ended: %s %d; all connections with it",
		     writ_cause_name(res->cause),
		     res->cause == WRIT_SIGNALED ? res->signal : res->exit_code);
	monitor->has_failed =
		!monitor->is_over && now_ms() - monitor->front_began_ms < FRONT_LIFE_MS;
	monitor->front = NULL;
	close(monitor->link);
	monitor->link = -1;
	outbox_done(&monitor->to_front);
	for (size_t slot = 0; slot < PEERS_MAX; slot++)
		if (monitor->peers[slot] != NULL && !monitor->peers[slot]->is_gone)
			lose_peer(monitor, monitor->peers[slot]);
}

/* Our own program once more, as a writ of ours: contained, without privilege from its first
 * instruction on, and ended with us. */
static int
start_front(struct monitor *monitor, struct writ_error *err)
{
	const struct writ_events events = {
		.size = sizeof(events), .ctx = monitor, .ended = note_front_end
	};
	const struct writ_creds creds = { .uid = monitor->options->front_uid,
					  .gid = monitor->options->front_gid };
	struct writ_pass pass = { .to = FRONT_LINK_FD };
	struct writ_cmd cmd = { .size = sizeof(cmd), .program = monitor->self, .cwd = "/" };
	int pair[2];
	int r = link_open(pair);

	if (r < 0)
		return r;
	pass.from = pair[1];
	cmd.argv = WRIT_LIST("writd", "--front");
	cmd.creds = &creds;
	cmd.set_bounding_caps = true;
	cmd.no_new_privs = true;
	cmd.out.kind = WRIT_OUT_NULL;
	cmd.err.kind = WRIT_OUT_INHERIT;
	cmd.pass = &pass;
	cmd.pass_count = 1;
	monitor->front_began_ms = now_ms();
	r = writ_start(monitor->host, &cmd, &events, &monitor->front, err);
	close(pair[1]);
	if (r < 0)
		close(pair[0]);
	else
		monitor->link = pair[0];
	return r;
}

/* Connections. */

static void
note_stranger(struct monitor *monitor)
{
	int64_t now = now_ms();

	monitor->strangers++;
	if (now - monitor->strangers_told_ms < STRANGERS_TELL_MS)
		return;
	tell("%u connections of users without any rule", monitor->strangers);
	monitor->strangers_told_ms = now;
	monitor->strangers = 0;
}

static void
introduce(struct monitor *monitor, int socket, const struct peer *peer)
{
	struct peer *added = add_peer(monitor, peer);
	struct link_head head = { .kind = LINK_NEW, .uid = peer->uid };

	if (added == NULL) {
		peer_done((struct peer *)peer);
		return;
	}
	head.connection = added->number;
	if (link_send(monitor->link, &head, NULL, 0, &socket, 1, MSG_DONTWAIT) < 0)
		remove_peer(monitor, added);
}

static void
accept_one(struct monitor *monitor, int take_socket)
{
	struct peer peer;
	struct policy_peer asked;

	if (peer_read(take_socket, &peer) == 0) {
		asked = peer_who(&peer);
		if (policy_serves(monitor->book->policy, &asked)) {
			introduce(monitor, take_socket, &peer);
		} else {
			note_stranger(monitor);
			peer_done(&peer);
		}
	}
	close(take_socket); /* the front has its own now */
}

static void
accept_some(struct monitor *monitor)
{
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(monitor->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		accept_one(monitor, fd);
	}
}

/* Frames. */

static void
take_frame(struct monitor *monitor, struct peer *peer, const struct link_message *message)
{
	struct wire_frame frame;
	struct run *run;
	unsigned number;
	bool at_once;

	if (wire_read(message->frame, message->len, &frame) != NULL)
		return;
	run = run_find(peer, frame.head.id);
	if (frame.head.kind == WIRE_ASK)
		run_ask(monitor, peer, &frame, message->fds, message->fd_count);
	else if (run != NULL && wire_read_stop(&frame, &at_once) == NULL)
		run_stop(run, at_once);
	else if (run != NULL && wire_read_signal(&frame, &number) == NULL)
		run_signal(run, number);
}

static void
read_front(struct monitor *monitor)
{
	struct link_message *message = &monitor->message;
	int r = 0;

	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		struct peer *peer;

		r = link_receive(monitor->link, message);
		if (r <= 0)
			break;
		peer = find_peer(monitor, message->head.connection);
		if (peer != NULL && message->head.kind == LINK_FRAME)
			take_frame(monitor, peer, message);
		else if (peer != NULL && message->head.kind == LINK_GONE)
			lose_peer(monitor, peer);
		link_close_fds(message->fds, message->fd_count);
	}
	if (r < 0 && monitor->front != NULL)
		writ_stop(monitor->front, WRIT_STOP_KILL, "monitor");
}

/* Orders of the administrator. */

/* Those who lost every rule are disconnected; what runs of theirs ends. */
static void
dismiss_peers(struct monitor *monitor)
{
	for (size_t slot = 0; slot < PEERS_MAX; slot++) {
		struct peer *peer = monitor->peers[slot];
		struct link_head head = { .kind = LINK_SHUT };
		struct policy_peer asked;

		if (peer == NULL || peer->is_gone)
			continue;
		asked = peer_who(peer);
		head.connection = peer->number;
		if (!policy_serves(monitor->book->policy, &asked))
			send_front(monitor, &head, NULL, 0);
	}
}

static void
reload(struct monitor *monitor)
{
	struct writ_error err = { .size = sizeof(err) };
	struct rulebook *book;

	notify_state("RELOADING=1");
	if (rulebook_load(monitor->options->dirs, &book, &err) == 0) {
		rulebook_put(monitor->book);
		monitor->book = book;
		dismiss_peers(monitor);
		tell("policy loaded: %zu rules", book->rule_count);
		journal_note(&monitor->journal, "policy loaded");
	} else {
		tell_error("the policy stays as it was", &err);
		journal_note(&monitor->journal, "a new policy was refused");
	}
	notify_state("READY=1");
}

/* What runs may end by itself; asked a second time, it is ended. */
static void
drain(struct monitor *monitor)
{
	if (!monitor->is_draining)
		notify_state("STOPPING=1");
	for (size_t slot = 0; slot < PEERS_MAX && monitor->is_draining; slot++)
		if (monitor->peers[slot] != NULL)
			stop_runs(monitor->peers[slot]);
	monitor->is_draining = true;
}

static void
take_orders(struct monitor *monitor)
{
	struct signalfd_siginfo info;

	while (read(monitor->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(monitor);
		else
			drain(monitor);
	}
}

/* The loop. */

static void
wait_and_step(struct monitor *monitor)
{
	bool is_full = !outbox_is_empty(&monitor->to_front);
	struct pollfd fds[] = {
		{ writ_host_fd(monitor->host), POLLIN, 0 },
		{ monitor->signals, POLLIN, 0 },
		{ monitor->link, (short)(POLLIN | (is_full ? POLLOUT : 0)), 0 },
		/* who cannot be introduced yet waits outside */
		{ is_full || monitor->link < 0 ? -1 : monitor->listener, POLLIN, 0 },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]),
		 journal_tell_head(&monitor->journal, now_ms())) < 0)
		return;
	if (fds[0].revents != 0)
		writ_host_step(monitor->host);
	if (fds[1].revents != 0)
		take_orders(monitor);
	if (monitor->link >= 0 && (fds[2].revents & POLLOUT) != 0)
		outbox_flush(&monitor->to_front, monitor->link);
	if (monitor->link >= 0 && (fds[2].revents & ~POLLOUT) != 0)
		read_front(monitor);
	if (monitor->link >= 0 && fds[3].revents != 0 && !monitor->is_draining)
		accept_some(monitor);
}

/* At the end of our side it passes on what it still has, and ends by itself. */
static void
dismiss_front(struct monitor *monitor)
{
	int64_t end_ms = now_ms() + FRONT_END_MS;

	monitor->is_over = true;
	if (monitor->link >= 0) {
		outbox_flush(&monitor->to_front, monitor->link);
		shutdown(monitor->link, SHUT_WR);
	}
	while (monitor->front != NULL && now_ms() < end_ms)
		writ_host_wait(monitor->host, end_ms - now_ms());
}

static int
serve(struct monitor *monitor)
{
	struct writ_error err = { .size = sizeof(err) };

	journal_note(&monitor->journal, "started");
	notify_state("READY=1");
	while (!monitor->has_failed && !(monitor->is_draining && monitor->run_count == 0)) {
		if (monitor->front == NULL && start_front(monitor, &err) < 0) {
			tell_error("the front cannot be started", &err);
			return 1;
		}
		wait_and_step(monitor);
	}
	dismiss_front(monitor);
	journal_note(&monitor->journal, "ended");
	return monitor->has_failed ? 1 : 0;
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a record that is full is an error, not our end */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
close_all(struct monitor *monitor)
{
	if (monitor->listener >= 0)
		close(monitor->listener);
	monitor->listener = -1;
	writ_host_free(monitor->host); /* with the front */
	if (monitor->link >= 0)
		close(monitor->link);
	outbox_done(&monitor->to_front);
	rulebook_put(monitor->book);
	journal_close(&monitor->journal);
	if (monitor->signals >= 0)
		close(monitor->signals);
}

int
monitor_serve(const struct monitor_options *options)
{
	static struct monitor monitor; /* hundreds of KiB: not for the stack */
	struct writ_error err = { .size = sizeof(err) };
	int status = 1;

	monitor = (struct monitor){ .options = options, .link = -1, .listener = -1 };
	monitor.signals = open_signals();
	if (readlink("/proc/self/exe", monitor.self, sizeof(monitor.self) - 1) < 0)
		tell("no /proc: %s", strerror(errno));
	if (!peer_can_be_placed())
		tell("this kernel does not tell a peer's namespaces (Linux 6.5 does): only "
		     "rules with Namespace=any serve");
	if (rulebook_load(options->dirs, &monitor.book, &err) < 0 ||
	    journal_open(&monitor.journal, options->log, &err) < 0 ||
	    listen_open(options->socket, &monitor.listener, &err) < 0 ||
	    writ_host_new(NULL, &monitor.host, &err) < 0)
		tell_error("cannot serve", &err);
	else
		status = serve(&monitor);
	if (monitor.listener >= 0)
		listen_remove(options->socket);
	close_all(&monitor);
	return status;
}
