#include "manager.h"

#include <stdio.h>
#include <string.h>

#define NOTHING "[\"#RETURN\", null]"
#define METHODS                                                                                    \
	"[\"cancel_timer\", \"handle_timeout\", \"prepare_timer\", \"reset_timer\", "              \
	"\"run_one_command\", \"shutdown\"]"

static void
do_nothing(struct channel *channel)
{
	channel_reply_text(channel, NOTHING);
}

static void
create(struct channel *channel)
{
	char text[256];

	channel->server->last_used_ms = server_now_ms();
	snprintf(text, sizeof(text), "[\"#RETURN\", [\"%s\", " METHODS "]]",
		 channel->server->ident);
	channel_reply_text(channel, text);
}

static void
become_a_channel(struct channel *channel)
{
	channel_reply_text(channel, NOTHING);
	channel->state = CHANNEL_OBJECT;
}

static void
tell_methods(struct channel *channel)
{
	channel_reply_text(channel, "[\"#RETURN\", " METHODS "]");
}

static void
tell_none(struct channel *channel)
{
	channel_reply_text(channel, "[\"#RETURN\", \"\"]");
}

static void
tell_one(struct channel *channel)
{
	channel_reply_text(channel, "[\"#RETURN\", 1]");
}

/* Stock answers it twice. */
static void
stop(struct channel *channel)
{
	channel_reply_text(channel, NOTHING);
	channel_reply_text(channel, NOTHING);
	server_stop(channel->server);
}

/* Of the object: answered once, then all stops. */
static void
stop_by_object(struct channel *channel)
{
	channel_reply_text(channel, NOTHING);
	server_stop(channel->server);
}

struct call {
	const char *name;
	void (*answer)(struct channel *channel);
};

static const struct call manager_calls[] = {
	{ "dummy", do_nothing },
	{ "create", create },
	{ "incref", do_nothing },
	{ "decref", do_nothing },
	{ "accept_connection", become_a_channel },
	{ "get_methods", tell_methods },
	{ "debug_info", tell_none },
	{ "number_of_objects", tell_one },
	{ "shutdown", stop },
	{ NULL, NULL },
};

/* The timers are ours to set. */
static const struct call object_calls[] = {
	{ "cancel_timer", do_nothing },	 { "handle_timeout", do_nothing },
	{ "prepare_timer", do_nothing }, { "reset_timer", do_nothing },
	{ "shutdown", stop_by_object },	 { NULL, NULL },
};

static void
answer(struct channel *channel, const struct call *call, const char *method)
{
	while (call->name != NULL && strcmp(call->name, method) != 0)
		call++;
	if (call->name != NULL)
		call->answer(channel);
	else
		channel_reply_text(channel, "[\"#TRACEBACK\", \"no such method\"]");
}

void
manager_answer(struct channel *channel, const struct request *request)
{
	if (request->ident != NULL) {
		channel_reply_text(channel, "[\"#TRACEBACK\", \"no such object\"]");
		channel->state = CHANNEL_LEAVING;
		return;
	}
	answer(channel, manager_calls, request->method);
	if (channel->state == CHANNEL_MANAGER)
		channel->state = CHANNEL_LEAVING;
}

void
manager_answer_object(struct channel *channel, const struct request *request)
{
	answer(channel, object_calls, request->method);
}
