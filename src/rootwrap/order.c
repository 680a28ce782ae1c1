#include "order.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "repr.h"
#include "status.h"
#include "users.h"

/* The names of loader variables that we have, which nothing but naming them takes. */
static const char *const *
loader_names(struct arena *arena)
{
	struct words names;
	size_t count = 0;

	while (environ[count] != NULL)
		count++;
	names = words_room(arena, count);
	for (size_t i = 0; i < count; i++) {
		const char *name = arena_copy(arena, environ[i], strcspn(environ[i], "="));

		if (writ_env_is_loader(name))
			words_add(&names, name);
	}
	return names.list;
}

int
order_make(struct arena *arena, const struct verdict *verdict, bool strict,
	   struct writ_cmd *ret_cmd, struct writ_error *err)
{
	if (!users_is_name(verdict->run_as)) {
		*err = (struct writ_error){ .code = WRIT_E_INVAL, .stage = WRIT_STAGE_USER };
		snprintf(err->subject, sizeof(err->subject), "%s", verdict->run_as);
		snprintf(err->why, sizeof(err->why), "not the name of a user");
		return err->code;
	}
	writ_cmd_init(ret_cmd, verdict->command.argv.list);
	ret_cmd->search = false;
	ret_cmd->env.preset = WRIT_ENV_ALL;
	ret_cmd->env.set = verdict->command.env.list;
	if (!strict)
		ret_cmd->env.keep = loader_names(arena);
	/* root is what we are; of others the groups go with the user */
	if (strcmp(verdict->run_as, "root") != 0)
		ret_cmd->user = verdict->run_as;
	ret_cmd->keep_tree = true;
	return 0;
}

char *
order_log_line(struct arena *arena, const struct verdict *verdict)
{
	char login[USERS_NAME_MAX];
	char user[USERS_NAME_MAX];

	return arena_print(arena, "(%s > %s) Executing %s (filter match = %s)",
			   repr_line(arena, users_login(login)), users_name(getuid(), user),
			   repr_list(arena, &verdict->command.argv), verdict->filter->name);
}

int
order_failure(const struct writ_error *err)
{
	if (err->stage != WRIT_STAGE_SEARCH && err->stage != WRIT_STAGE_EXEC)
		return STATUS_NOT_DONE;
	return err->code == WRIT_E_NOT_FOUND ? STATUS_NO_PROGRAM : STATUS_NOT_EXECUTABLE;
}
