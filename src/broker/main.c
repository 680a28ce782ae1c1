/* writd - the root helper: runs for its clients what its policy allows them. */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "jail.h"
#include "meter.h"
#include "monitor.h"
#include "store/store.h"
#include "strike.h"
#include "tell.h"

enum { DIRS_MAX = 16, LINK_FD = 3, STATUS_USAGE = 2 };

static const char usage[] =
	"usage: writd [OPTIONS]\n\n"
	"The root helper: runs for its clients what its policy allows them.\n\n"
	"      --check            read the policy as at the start, say what is wrong, and end\n"
	"      --policy DIR       files *.policy here; more than once: of files of\n"
	"                         one name the first counts (default: " STORE_DIR_ETC ",\n"
	"                         " STORE_DIR_LIB ")\n"
	"      --socket PATH      where clients connect (default: " WIRE_SOCKET ")\n"
	"      --front-user USER  who reads what clients send (default: writd-front)\n"
	"      --record FILE      one line of JSON for each decision and each run\n"
	"  -h, --help             this\n"
	"      --version\n\n"
	"SIGHUP reads the policy again; SIGTERM lets what runs end, a second one ends it.\n"
	"exit status: 0 ended as told; 1 could not serve; 2 wrong usage\n";

enum { OPT_CHECK = 256, OPT_POLICY, OPT_SOCKET, OPT_FRONT_USER, OPT_RECORD, OPT_VERSION, OPT_FRONT,
       OPT_STRIKE,	OPT_METER };

static const struct option options[] = {
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "front-user", required_argument, NULL, OPT_FRONT_USER },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	/* the monitor's own use: */
	{ "front", no_argument, NULL, OPT_FRONT },
	{ "strike", no_argument, NULL, OPT_STRIKE },
	{ "meter", required_argument, NULL, OPT_METER },
	{ 0 },
};

struct choice {
	struct monitor_options monitor;
	const char *dirs[DIRS_MAX + 1];
	size_t dir_count;
	const char *front_user;
	bool check;
	bool is_front;
	bool is_strike;
	const char *meter;
	int status; /* < 0: go on */
};

static int
print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? STATUS_USAGE : 0;
}

static int
add_dir(struct choice *choice, const char *dir)
{
	if (dir[0] != '/' || choice->dir_count == DIRS_MAX) {
		tell("--policy: %s: not an absolute path, or too many", dir);
		return STATUS_USAGE;
	}
	choice->dirs[choice->dir_count++] = dir;
	return -1;
}

/* An option; the exit status, or -1 to go on. */
static int
take(struct choice *choice, int option)
{
	switch (option) {
	case OPT_CHECK:
		choice->check = true;
		return -1;
	case OPT_POLICY:
		return add_dir(choice, optarg);
	case OPT_SOCKET:
		choice->monitor.socket = optarg;
		return -1;
	case OPT_FRONT_USER:
		choice->front_user = optarg != NULL ? optarg : "";
		return -1;
	case OPT_RECORD:
		choice->monitor.log = optarg;
		return -1;
	case OPT_FRONT:
		choice->is_front = true;
		return -1;
	case OPT_STRIKE:
		choice->is_strike = true;
		return -1;
	case OPT_METER:
		choice->meter = optarg;
		return -1;
	case OPT_VERSION:
		return printf("writd %s\n", writ_version()) < 0 || fflush(stdout) != 0 ? STATUS_USAGE
											 : 0;
	case 'h':
		return print(usage);
	default:
		fputs("try 'writd --help'\n", stderr);
		return STATUS_USAGE;
	}
}

static void
parse(struct choice *choice, int argc, char **argv)
{
	int option;

	choice->status = -1;
	while (choice->status < 0 && (option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		choice->status = take(choice, option);
	if (choice->status < 0 && optind < argc && !choice->is_strike) {
		tell("%s: it takes no operands", argv[optind]);
		choice->status = STATUS_USAGE;
	}
	if (choice->dir_count > 0) /* else those that everybody knows */
		choice->monitor.dirs = choice->dirs;
}

/* "UID:GID", nothing else. */
static bool
read_pair(const char *text, long long *ret_uid, long long *ret_gid)
{
	char *colon;
	char *end;

	*ret_uid = strtoll(text, &colon, 10);
	if (colon == text || *colon != ':')
		return false;
	*ret_gid = strtoll(colon + 1, &end, 10);
	return end != colon + 1 && *end == '\0';
}

/* By name, or as UID:GID. It must not be root, nor anybody whose files matter. */
static bool
find_front_user(struct choice *choice)
{
	const char *name = choice->front_user;
	const struct passwd *entry;
	long long uid, gid;

	if (!read_pair(name, &uid, &gid)) {
		entry = getpwnam(name);
		if (entry == NULL) {
			tell("--front-user: %s: no such user; make it (sysusers.d/writd.conf) or "
			     "give UID:GID",
			     name);
			return false;
		}
		uid = entry->pw_uid;
		gid = entry->pw_gid;
	}
	if (uid <= 0 || gid <= 0 || uid >= UINT32_MAX || gid >= UINT32_MAX) {
		tell("--front-user: %s: not a user without privilege", name);
		return false;
	}
	choice->monitor.front_uid = uid;
	choice->monitor.front_gid = gid;
	return true;
}

static int
serve_front(void)
{
	int r = jail_enter();

	if (r == 0)
		return front_serve(LINK_FD);
	tell("the front cannot confine itself: %s", strerror(-r));
	return 1;
}

static int
check_policy(const struct choice *choice)
{
	struct writ_error err = { .size = sizeof(err) };
	struct rulebook *book;

	if (rulebook_load(choice->monitor.dirs, &book, &err) < 0) {
		tell_error("the policy cannot be used", &err);
		return 1;
	}
	printf("%zu rules\n", book->rule_count);
	rulebook_put(book);
	return fflush(stdout) != 0 ? STATUS_USAGE : 0;
}

int
main(int argc, char **argv)
{
	struct choice choice = { .monitor = { .socket = WIRE_SOCKET },
				 .front_user = "writd-front" };

	parse(&choice, argc, argv);
	if (choice.status >= 0)
		return choice.status;
	if (choice.is_front)
		return serve_front();
	if (choice.meter != NULL)
		return meter_be(choice.meter);
	if (choice.is_strike)
		return strike(argc - optind, argv + optind);
	if (choice.check)
		return check_policy(&choice);
	if (geteuid() != 0) {
		tell("it must be started by root");
		return 1;
	}
	return find_front_user(&choice) ? monitor_serve(&choice.monitor) : 1;
}
