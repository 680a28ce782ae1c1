#include "policy/found.h"

#include <stdarg.h>
#include <stdio.h>

#include "writ/error.h"

enum { TEXT_MAX = 1024 };

static void
tell(struct found *found, struct policy_finding *finding, const char *format, va_list args)
{
	char text[TEXT_MAX];

	if (found->ear == NULL || found->ear->tell == NULL)
		return;
	vsnprintf(text, sizeof(text), format, args);
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	finding->text = text;
	found->ear->tell(found->ear->ctx, finding);
}

void
found_fatal(struct found *found, const char *file, unsigned line, const char *format, ...)
{
	struct policy_finding finding = { POLICY_FATAL, file, line, NULL };
	va_list args;

	found->fatal++;
	va_start(args, format);
	tell(found, &finding, format, args);
	va_end(args);
}

void
found_warning(struct found *found, const char *file, unsigned line, const char *format, ...)
{
	struct policy_finding finding = { POLICY_WARNING, file, line, NULL };
	va_list args;

	va_start(args, format);
	tell(found, &finding, format, args);
	va_end(args);
}

int
found_code(const struct found *found)
{
	if (found->no_memory)
		return WRIT_E_NOMEM;
	return found->fatal > 0 ? WRIT_E_SYNTAX : 0;
}
