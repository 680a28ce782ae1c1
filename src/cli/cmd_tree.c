#include <stdio.h>

#include "commands.h"

static const struct opt opts[] = { OPT_JSON, OPT_END };

/* Bytes that would move the cursor or colour the terminal are not the user's. */
static void
print_argument(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void
print_node(const struct writ_node *node)
{
	char id[WRIT_ID_TEXT_MAX];

	printf("%*s%s", 2 * node->depth, "", writ_id_text(&node->id, id));
	for (size_t i = 0; node->argv[i] != NULL; i++) {
		putchar(' ');
		print_argument(node->argv[i]);
	}
	printf("%s\n", node->escaped ? "  (escaped: its parent has ended)" : "");
}

static json_t *
node_json(const struct writ_node *node)
{
	char id[WRIT_ID_TEXT_MAX];
	json_t *argv = json_array();

	for (size_t i = 0; node->argv[i] != NULL; i++)
		json_array_append_new(argv, json_text(node->argv[i]));
	return json_pack("{s:s, s:I, s:i, s:b, s:o}", "identity", writ_id_text(&node->id, id),
			 "ppid", (json_int_t)node->ppid, "depth", node->depth, "escaped",
			 node->escaped, "argv", argv);
}

static void
show(const struct answering *answering, const struct writ_nodes *nodes, json_t *list)
{
	for (size_t i = 0; i < nodes->count; i++) {
		if (answering->json)
			json_array_append_new(list, node_json(&nodes->list[i]));
		else
			print_node(&nodes->list[i]);
	}
}

/* Returns the exit status for this one. */
static int
show_ref(struct answering *answering, const char *ref, json_t *list)
{
	struct writ_error err = { 0 };
	struct writ_nodes nodes;
	struct writ_id id;
	bool gone;
	int r;

	if (read_ref(&answering->say, ref, &id, &gone) < 0)
		return STATUS_USAGE;
	if (gone) {
		say(&answering->say, "no such process: %s", ref);
		return STATUS_NO;
	}
	r = writ_tree_list(&id, &nodes, &err);
	if (r < 0) {
		say_error(&answering->say, &err);
		return r == WRIT_E_GONE ? STATUS_NO : STATUS_USAGE;
	}
	show(answering, &nodes, list);
	writ_nodes_done(&nodes);
	return STATUS_YES;
}

static int
show_runs(struct answering *answering, json_t *list)
{
	struct writ_error err = { 0 };
	struct writ_nodes runs;
	int status = STATUS_YES;

	if (writ_tree_runs(&runs, &err) < 0) {
		say_error(&answering->say, &err);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < runs.count; i++) {
		struct writ_nodes nodes;

		/* one that has ended meanwhile is no run any more */
		if (writ_tree_list(&runs.list[i].id, &nodes, NULL) < 0)
			continue;
		show(answering, &nodes, list);
		writ_nodes_done(&nodes);
	}
	writ_nodes_done(&runs);
	return status;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct answering answering = { 0 };
	json_t *list = json_array();
	int status = STATUS_YES;
	int first = parse_operands(command, argc, argv, &answering, 0, &status);

	if (first >= 0 && first == argc)
		status = show_runs(&answering, list);
	for (int i = first; first >= 0 && i < argc; i++) {
		int one = show_ref(&answering, argv[i], list);

		status = one > status ? one : status;
	}
	if (first >= 0 && answering.json)
		answer_json(json_pack("{s:s, s:O}", "writ", "tree/1", "processes", list));
	json_decref(list);
	return first < 0 ? status : answer_end(&answering.say, status, STATUS_USAGE);
}

const struct command command_tree = {
	.name = "tree",
	.operands = "[REF...]",
	.summary = "what runs below a process; without REF, in the runs of a writ",
	.opts = opts,
	.more = "REF is a pid, or an identity PID@TOKEN. If it is the program of a writ's\n"
		"run, what left the tree by a double fork is shown too, as escaped.\n\n"
		"exit status: 0; 1 a process has ended; 2 wrong usage, or an error\n",
	.run = run,
};
