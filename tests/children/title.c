/* title TEXT - overwrites its arguments with TEXT, as servers do, prints a
 * line, and waits to be ended. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char text[256];
	size_t room;

	if (argc < 2)
		return 1;
	room = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]) + 1;
	snprintf(text, sizeof(text), "%s", argv[1]);
	memset(argv[0], 0, room);
	memcpy(argv[0], text, strlen(text) < room ? strlen(text) : room - 1);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < 1000; i++)
		sleep(1000);
	return 0;
}
