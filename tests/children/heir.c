/* heir COUNT - makes so many children, which sleep; at SIGTERM makes one more,
 * which knows nothing of the signal, and ends. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void
sleep_for_ever(void)
{
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none); /* in a handler its own signal is blocked */
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		pause();
}

static void
leave_an_heir(int number)
{
	(void)number;
	if (fork() == 0)
		sleep_for_ever();
	_exit(0);
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;

	for (int i = 0; i < count; i++)
		if (fork() == 0)
			sleep_for_ever();
	signal(SIGTERM, leave_an_heir);
	if (write(1, "ready\n", 6) != 6)
		return 1;
	for (;;)
		pause();
}
