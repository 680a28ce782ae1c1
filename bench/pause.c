/* pause.c - a program that is there, and does nothing: static, without libc. */
#include <asm/unistd.h>

static long
call(long number)
{
	long result;
#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(0), "S"(0), "d"(0)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = 0;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	result = x0;
#else
#error "pause.c: write a system call for this machine"
#endif
	return result;
}

/* A wait for no descriptor, without end: ppoll(NULL, 0, NULL, ...). */
void
_start(void)
{
	for (;;)
		call(__NR_ppoll);
}
