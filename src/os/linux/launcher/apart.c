#include "apart.h"

#include <errno.h>

#include "plain.h"

long
take_apart(const struct order *order, const struct step *step)
{
	const char *text = (const char *)order + step->at;

	switch (step->op) {
	case STEP_NETNS:
		return netns_enter(text);
	case STEP_MOUNTS:
		return netns_mount(text, (int)step->a);
	case STEP_BIND:
		return netns_bind(text);
	case STEP_BENEATH:
		return beneath_open(text, text + strlen(text) + 1, (int)step->b, (int)step->a);
	default:
		return -ENOSYS;
	}
}
