/* stream_lines - see each line of output as it comes, however long the program
 * runs, with memory for one line.
 */
#include <stdio.h>
#include <string.h>
#include <writ.h>

struct lines {
	char text[256];
	size_t len;
	int count;
};

static void
end_line(struct lines *lines)
{
	printf("%d: %.*s\n", ++lines->count, (int)lines->len, lines->text);
	lines->len = 0;
}

/* A sink gets pieces as the pipe gave them: a line can come in two, and two
 * lines in one. Here what is past 256 bytes of a line is dropped. */
static int
take_piece(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	struct lines *lines = ctx;
	const char *piece = data;

	(void)proc;
	(void)stream;
	for (size_t i = 0; i < len; i++) {
		if (piece[i] == '\n')
			end_line(lines);
		else if (lines->len < sizeof(lines->text))
			lines->text[lines->len++] = piece[i];
	}
	if (len == 0 && lines->len > 0) /* the end: the last line may lack its newline */
		end_line(lines);
	return WRIT_FLOW_ON; /* or _PAUSE, _CLOSE, _END */
}

int
main(void)
{
	struct lines lines = { .len = 0 };
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo one; echo two; printf three");
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	char text[512];

	cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = take_piece, .ctx = &lines };
	cmd.err.kind = WRIT_OUT_INHERIT;

	if (writ_run(NULL, &cmd, &res, &err) < 0) {
		fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
		return 125;
	}
	printf("%d lines, %lld bytes\n", lines.count, (long long)res.out.bytes);
	writ_result_done(&res);
	return 0;
}
