#include "setup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "repr.h"
#include "status.h"

enum { TOLD_MAX = 96, TOLD_BYTES_MAX = 400 };

/* The place is held by a descriptor that can be neither read nor written: to use it fails, as
 * it should, and the library gives a command the null device for it. */
void
setup_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_PATH | O_CLOEXEC) != fd)
			_exit(STATUS_NOT_DONE);
}

/* Only ever lowered, and the hard limit is left: a command may raise it again. */
static void
lower_descriptors(int64_t wanted)
{
	struct rlimit limit;

	if (wanted < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= (rlim_t)wanted)
		return;
	limit.rlim_cur = (rlim_t)wanted;
	if (wanted > STDERR_FILENO)
		syscall(SYS_close_range, (unsigned)wanted, ~0U, 0);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
take_told(void *ctx, enum load_told told, const char *text)
{
	struct setup *setup = ctx;
	char *line = repr_line(&setup->arena, text);

	if (setup->tells_all) { /* whoever started us may not read it: a pipe holds 64 KiB */
		if (setup->told.count == TOLD_MAX)
			return;
		if (strlen(line) > TOLD_BYTES_MAX)
			line[TOLD_BYTES_MAX] = '\0';
	}
	if (setup->told.count < TOLD_MAX)
		words_add(&setup->told, line);
	if (told == LOAD_UNKNOWN) {
		log_warn(&setup->log, line);
		return;
	}
	if (setup->tells_all)
		log_print(&setup->log, line);
	if (told == LOAD_SKIPPED)
		log_denial(&setup->log, CONFIG_WARNING, line);
	else
		log_send(&setup->log, CONFIG_WARNING, line);
}

/* Before the log is configured there is nobody to tell: it is kept. */
static void
keep_told(void *ctx, enum load_told told, const char *text)
{
	struct setup *setup = ctx;

	(void)told;
	if (setup->told.count < TOLD_MAX)
		words_add(&setup->told, repr_line(&setup->arena, text));
}

static void
begin_log(struct setup *setup)
{
	log_configure(&setup->log, &setup->config);
	for (size_t i = 0; i < setup->told.count; i++) {
		log_send(&setup->log, CONFIG_WARNING, setup->told.list[i]);
		if (setup->tells_all)
			log_print(&setup->log, setup->told.list[i]);
	}
	if (setup->config.mode == CONFIG_EXACT)
		take_told(setup, LOAD_WARNED,
			  "writ_mode=exact: the weaknesses of oslo.rootwrap are open; "
			  "'writ-rootwrap --check CONF' says what strict mode would change");
}

int
setup_load(struct setup *setup, const char *name, const char *conf, bool tells_all)
{
	struct loading loading = {
		.arena = &setup->arena, .tell = keep_told, .ctx = setup, .thorough = tells_all
	};
	const char *why;
	const char *more;

	*setup = (struct setup){ .tells_all = tells_all };
	setup->told = words_room(&setup->arena, TOLD_MAX);
	log_init(&setup->log, name);
	if (load_config(&loading, conf, &setup->config, &why, &more) < 0) {
		log_print(&setup->log, why);
		if (more != NULL)
			log_print(&setup->log, repr_line(&setup->arena, more));
		return STATUS_BAD_CONFIG;
	}
	lower_descriptors(setup->config.rlimit_nofile);
	begin_log(setup);
	loading.tell = take_told;
	load_filters(&loading, &setup->config, &setup->filters);
	setup->own = (struct machine_own){ .strict = setup->config.mode == CONFIG_STRICT,
					   .service = machine_service() };
	setup->machine = machine_own(&setup->own);
	return 0;
}

void
setup_done(struct setup *setup)
{
	filters_done(&setup->filters);
	arena_done(&setup->arena);
}
