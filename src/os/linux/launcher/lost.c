#include "lost.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "../sys.h"

void
lost_init(struct lost_list *lost)
{
	for (int i = 0; i < LOST_MAX; i++)
		lost->list[i].run = -1;
}

static struct lost *
find(struct lost_list *lost, int run)
{
	for (int i = 0; i < LOST_MAX; i++)
		if (lost->list[i].run == run)
			return &lost->list[i];
	return NULL;
}

/* A copy of the head, in pages of its own; NULL: out of memory. */
static char *
copy_head(const struct note *note)
{
	size_t len = (size_t)note->text_len;
	long at = sys_call6(SYS_mmap, 0, (long)len + 1, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at < 0 && at > -4096)
		return NULL;
	return memcpy((void *)at, note + 1, len);
}

static void
forget(struct lost *one)
{
	sys_call2(SYS_munmap, one->head, one->head_len + 1);
	sys_call1(SYS_close, one->fd);
	one->run = -1;
}

static void
remember(struct lost_list *lost, const struct note *note, int fd)
{
	struct lost *one = find(lost, -1);
	char *head = one != NULL ? copy_head(note) : NULL;

	if (head == NULL) {
		sys_call1(SYS_close, fd);
		return;
	}
	*one = (struct lost){ .run = note->run,
			      .fd = fd,
			      .head = head,
			      .head_len = (size_t)note->text_len,
			      .started_ns = now_ns() };
}

void
lost_note(struct lost_list *lost, const struct note *note, int fd)
{
	struct lost *one = find(lost, note->run);

	if (note->type == NOTE_RECORD && fd >= 0)
		remember(lost, note, fd);
	else if (note->type == NOTE_DONE && one != NULL)
		forget(one);
}

static void
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		long r = sys_call3(SYS_write, fd, text, len);

		if (r <= 0)
			return;
		text += r;
		len -= (size_t)r;
	}
}

static void
write_line(int fd, const struct line *line)
{
	write_all(fd, line->text, line->len);
}

#define NOT_SEEN \
	"\"bytes\": null, \"kept\": null, \"truncated\": false, \"held_by_descendant\": false"

/* The same fields in the same order as proc/record.c, which made the head: all
 * up to the time of the start. */
static void
write_one(const struct lost *one, const char *containment, int found, int survived)
{
	struct line line = { .len = 0 };

	write_all(one->fd, one->head, one->head_len);
	line_add(&line, "\"wall_ns\": ");
	line_add_int(&line, now_ns() - one->started_ns);
	line_add(&line, ", \"cause\": \"lost\", \"exit_code\": null, \"signal\": null, "
			"\"core_dumped\": false, \"timed_out\": false, \"stopped_by\": \"owner\", "
			"\"forced\": true, ");
	write_line(one->fd, &line);

	line.len = 0;
	line_add(&line, "\"stdin\": {\"bytes\": null, \"read_all\": null}, ");
	line_add(&line, "\"stdout\": {" NOT_SEEN "}, \"stderr\": {" NOT_SEEN "}, ");
	write_line(one->fd, &line);

	line.len = 0;
	line_add(&line, "\"usage\": {\"user_ns\": null, \"sys_ns\": null, \"source\": null, "
			"\"max_rss_bytes\": null, \"max_rss_source\": null}, \"containment\": \"");
	line_add(&line, containment);
	line_add(&line, "\", \"guarded\": true, ");
	write_line(one->fd, &line);

	line.len = 0;
	line_add(&line, "\"left_behind\": {\"count\": ");
	line_add_int(&line, found);
	line_add(&line, ", \"killed\": ");
	line_add_int(&line, found - survived);
	line_add(&line, ", \"kept\": 0, \"survived\": ");
	line_add_int(&line, survived);
	line_add(&line, "}, \"error\": null}\n");
	write_line(one->fd, &line);
}

void
lost_write(struct lost_list *lost, const char *containment, int found, int survived)
{
	for (int i = 0; i < LOST_MAX; i++)
		if (lost->list[i].run >= 0)
			write_one(&lost->list[i], containment, found, survived);
}
