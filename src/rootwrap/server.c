#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "status.h"

enum { FIXED_POLLS = 4, MS_PER_S = 1000, SERVER_BACKLOG = 1024 };

int64_t
server_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / (1000 * 1000);
}

static int
fail(const struct server *server, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	log_print(&server->setup->log, text);
	return -1;
}

static int
make_directory(struct server *server)
{
	const char *top = getenv("TMPDIR");

	if (top == NULL || *top != '/')
		top = "/tmp";
	if (snprintf(server->dir, sizeof(server->dir), "%s/rootwrap-XXXXXX", top) >=
	    (int)sizeof(server->dir)) {
		errno = ENAMETOOLONG;
		return fail(server, top);
	}
	if (mkdtemp(server->dir) == NULL || chmod(server->dir, 0755) < 0)
		return fail(server, server->dir);
	snprintf(server->path, sizeof(server->path), "%s/rootwrap.sock", server->dir);
	return 0;
}

/* Whoever sudo started us for; without it anybody may connect, and the key protects. */
static bool
is_for_one(const struct server *server)
{
	return server->setup->own.strict && server->setup->own.service != 0;
}

static int
open_listener(struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uid_t service = server->setup->own.service;
	mode_t mode = is_for_one(server) ? 0600 : 0666;

	if (strlen(server->path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return fail(server, server->path);
	}
	memcpy(address.sun_path, server->path, strlen(server->path) + 1);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listener < 0 ||
	    bind(server->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(server->path, mode) < 0 || listen(server->listener, SERVER_BACKLOG) < 0)
		return fail(server, server->path);
	if (is_for_one(server) && geteuid() == 0 && chown(server->path, service, (gid_t)-1) < 0)
		return fail(server, server->path);
	return 0;
}

static int
open_signals(struct server *server)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return server->signals < 0 ? fail(server, "signalfd") : 0;
}

int
server_open(struct server *server, struct setup *setup)
{
	struct writ_host_options options = { .size = sizeof(options) };
	struct writ_error err = { 0 };
	unsigned char chance[SERVER_IDENT_BYTES / 2];
	char text[600];

	*server = (struct server){ .setup = setup, .listener = -1, .signals = -1, .starter = -1 };
	if (!handshake_random(server->key, sizeof(server->key)) ||
	    !handshake_random(chance, sizeof(chance)))
		return fail(server, "getrandom");
	for (size_t i = 0; i < sizeof(chance); i++)
		snprintf(server->ident + 2 * i, 3, "%02x", chance[i]);
	if (writ_host_new(&options, &server->host, &err) < 0) {
		log_print(&setup->log, writ_error_text(&err, text, sizeof(text)));
		return -1;
	}
	if (open_signals(server) < 0 || make_directory(server) < 0)
		return -1;
	return open_listener(server);
}

static bool
write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t r = write(fd, at, len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		at += r;
		len -= (size_t)r;
	}
	return true;
}

/* Whoever started us reads path and key; while the pipe is open it is there. */
static bool
introduce(struct server *server)
{
	struct stat stat;

	if (!write_all(STDOUT_FILENO, server->path, strlen(server->path)) ||
	    !write_all(STDOUT_FILENO, "\n", 1) ||
	    !write_all(STDOUT_FILENO, server->key, sizeof(server->key)))
		return false;
	if (fstat(STDOUT_FILENO, &stat) == 0 && S_ISFIFO(stat.st_mode))
		server->starter = STDOUT_FILENO;
	return true;
}

static void
remove_oldest_stranger(struct server *server)
{
	struct channel *oldest = NULL;
	int strangers = 0;

	for (struct channel *channel = server->first; channel != NULL; channel = channel->next) {
		if (channel->fd < 0 || !channel_is_stranger(channel))
			continue;
		strangers++;
		if (oldest == NULL || channel->since_ms <= oldest->since_ms)
			oldest = channel;
	}
	if (strangers > SERVER_STRANGERS_MAX && oldest != NULL)
		channel_close(oldest);
}

static bool
is_welcome(const struct server *server, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (!is_for_one(server))
		return true;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == server->setup->own.service);
}

static void
accept_one(struct server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	struct channel *channel;

	if (fd < 0)
		return;
	if (server->count >= SERVER_CHANNELS_MAX + SERVER_STRANGERS_MAX ||
	    !is_welcome(server, fd)) {
		close(fd);
		return;
	}
	channel = channel_new(server, fd);
	if (channel == NULL)
		return;
	channel->next = server->first;
	server->first = channel;
	server->count++;
	remove_oldest_stranger(server);
	channel_step(channel, POLLOUT);
}

void
server_stop(struct server *server)
{
	if (server->stopping_ms != 0)
		return;
	server->stopping_ms = server_now_ms();
	close(server->listener);
	server->listener = -1;
	log_send(&server->setup->log, CONFIG_INFO, "Waiting for all client threads to finish.");
}

/* A second one does not wait for what runs. */
static void
take_signals(struct server *server)
{
	struct signalfd_siginfo info;
	char text[64];

	while (read(server->signals, &info, sizeof(info)) == sizeof(info)) {
		snprintf(text, sizeof(text), "Got signal %u. Shutting down server", info.ssi_signo);
		log_send(&server->setup->log, CONFIG_INFO, text);
		if (server->stopping_ms != 0)
			writ_cancel(server->host, 0, WRIT_STOP_POLITE, "signal");
		server_stop(server);
	}
}

/* Channels that are closed, and run nothing. */
static void
sweep(struct server *server)
{
	struct channel **at = &server->first;

	while (*at != NULL) {
		struct channel *channel = *at;

		if (channel->fd >= 0 || channel->is_running) {
			at = &channel->next;
			continue;
		}
		*at = channel->next;
		server->count--;
		channel_free(channel);
	}
}

/* Requests that have not come whole are held for their clients, but not any number. */
static void
bound_memory(struct server *server)
{
	size_t waiting = 0;

	for (struct channel *channel = server->first; channel != NULL; channel = channel->next) {
		waiting += channel->in.size;
		if (waiting > SERVER_WAITING_BYTES_MAX)
			channel_close(channel);
	}
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What is due, and how long until something is. */
static int64_t
look_at_clock(struct server *server)
{
	int64_t now = server_now_ms();
	int64_t wait = INT32_MAX;
	int64_t idle_until =
		server->last_used_ms + (server->setup->config.daemon_timeout + 1) * MS_PER_S;

	for (struct channel *channel = server->first; channel != NULL; channel = channel->next) {
		if (channel->fd < 0 || !channel_is_stranger(channel))
			continue;
		if (now >= channel->since_ms + SERVER_STRANGER_MS)
			channel_close(channel);
		else
			wait = earlier(wait, channel->since_ms + SERVER_STRANGER_MS - now);
	}
	if (server->stopping_ms != 0) {
		int64_t left = server->stopping_ms + SERVER_FAREWELL_MS - now;

		/* after that nobody is waited for but commands */
		wait = left > 0 ? earlier(wait, left) : wait;
	} else if (server->running == 0) {
		if (now >= idle_until) {
			server_stop(server);
			return 0; /* its channels are to be told */
		}
		wait = earlier(wait, idle_until - now);
	}
	return wait > 0 ? wait : 0;
}

static void
stop_channels(struct server *server)
{
	bool is_late = server_now_ms() >= server->stopping_ms + SERVER_FAREWELL_MS;

	for (struct channel *channel = server->first; channel != NULL; channel = channel->next) {
		if (!channel->has_ended || channel->state < CHANNEL_LEAVING)
			channel_stop(channel);
		if (is_late && !channel->is_running)
			channel_close(channel);
	}
}

/* Who started us has gone, and nobody else is here. */
static void
look_at_starter(struct server *server, short what)
{
	if ((what & (POLLERR | POLLNVAL)) == 0)
		return;
	server->starter = -1;
	if (server->count == 0 && server->setup->own.strict)
		server_stop(server);
}

/* Each channel's place in the list of poll(2) is its place in ours. */
static void
turn(struct server *server)
{
	struct pollfd polls[FIXED_POLLS + SERVER_CHANNELS_MAX + SERVER_STRANGERS_MAX];
	nfds_t count = FIXED_POLLS;
	int64_t wait = look_at_clock(server);
	int host_wait = writ_host_wait_ms(server->host);

	polls[0] = (struct pollfd){ server->listener, POLLIN, 0 };
	polls[1] = (struct pollfd){ server->signals, POLLIN, 0 };
	polls[2] = (struct pollfd){ writ_host_fd(server->host), POLLIN, 0 };
	polls[3] = (struct pollfd){ server->count == 0 ? server->starter : -1, 0, 0 };
	for (struct channel *channel = server->first; channel != NULL; channel = channel->next)
		polls[count++] = channel_poll(channel);
	if (host_wait >= 0)
		wait = earlier(wait, host_wait);
	if (poll(polls, count, (int)wait) < 0)
		return;

	count = FIXED_POLLS;
	for (struct channel *channel = server->first; channel != NULL; channel = channel->next)
		if (polls[count++].revents != 0)
			channel_step(channel, polls[count - 1].revents);
	if (polls[2].revents != 0 || host_wait >= 0)
		writ_host_step(server->host);
	if (polls[1].revents != 0)
		take_signals(server);
	if (polls[0].revents != 0 && server->listener >= 0)
		accept_one(server);
	look_at_starter(server, polls[3].revents);
	bound_memory(server);
	sweep(server);
}

static void
done(struct server *server)
{
	while (server->first != NULL) {
		struct channel *channel = server->first;

		server->first = channel->next;
		channel_free(channel);
	}
	unlink(server->path);
	rmdir(server->dir);
	writ_host_free(server->host);
	explicit_bzero(server->key, sizeof(server->key));
}

int
server_run(struct server *server)
{
	bool is_known = introduce(server);

	server->last_used_ms = server_now_ms();
	log_send(&server->setup->log, CONFIG_INFO, "Starting rootwrap daemon main loop");
	if (!is_known)
		server_stop(server);
	while (server->stopping_ms == 0)
		turn(server);
	for (stop_channels(server), sweep(server); server->first != NULL; sweep(server)) {
		turn(server);
		stop_channels(server);
	}
	done(server);
	return is_known ? 0 : STATUS_NOT_DONE;
}
