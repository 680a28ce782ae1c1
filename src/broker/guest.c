#include "guest.h"

#include <stdlib.h>
#include <unistd.h>

void
guests_init(struct guests *guests)
{
	*guests = (struct guests){ 0 };
	guests->silent_end = &guests->silent;
}

static struct guest **
slot_of(struct guests *guests, uint64_t number)
{
	uint32_t slot = (uint32_t)number;

	return slot < GUESTS_MAX ? &guests->slots[slot] : NULL;
}

struct guest *
guest_find(const struct guests *guests, uint64_t number)
{
	struct guest **slot = slot_of((struct guests *)guests, number);

	return slot != NULL && *slot != NULL && (*slot)->number == number ? *slot : NULL;
}

static struct user *
find_user(struct guests *guests, uint32_t uid)
{
	struct user *user = guests->users;

	while (user != NULL && user->uid != uid)
		user = user->next;
	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user));
	if (user == NULL)
		return NULL;
	user->uid = uid;
	user->next = guests->users;
	guests->users = user;
	return user;
}

/* One without connections is forgotten. */
static void
leave_user(struct guests *guests, struct user *user)
{
	struct user **link = &guests->users;

	if (user->guests > 0)
		return;
	while (*link != user)
		link = &(*link)->next;
	*link = user->next;
	free(user);
}

/* Among those who have said nothing yet, at the end. */
static void
enlist(struct guests *guests, struct guest *guest)
{
	guest->link = guests->silent_end;
	*guest->link = guest;
	guests->silent_end = &guest->next;
}

static void
delist(struct guests *guests, struct guest *guest)
{
	if (guest->link == NULL)
		return;
	*guest->link = guest->next;
	if (guest->next != NULL)
		guest->next->link = guest->link;
	else
		guests->silent_end = guest->link;
	guest->next = NULL;
	guest->link = NULL;
}

struct guest *
guest_add(struct guests *guests, uint64_t number, uint32_t uid, int take_fd, int64_t now_ms)
{
	struct guest **slot = slot_of(guests, number);
	struct user *user = slot != NULL && *slot == NULL ? find_user(guests, uid) : NULL;
	struct guest *guest = NULL;

	if (user != NULL && user->guests < GUESTS_OF_USER_MAX)
		guest = calloc(1, sizeof(*guest));
	if (guest == NULL) {
		if (user != NULL)
			leave_user(guests, user);
		close(take_fd);
		return NULL;
	}
	guest->number = number;
	guest->fd = take_fd;
	guest->user = user;
	guest->greet_by_ms = now_ms + GREETING_MS;
	user->guests++;
	*slot = guest;
	enlist(guests, guest);
	return guest;
}

void
guest_remove(struct guests *guests, struct guest *guest)
{
	struct user *user = guest->user;

	*slot_of(guests, guest->number) = NULL;
	delist(guests, guest);
	user->requests -= guest->requests;
	user->guests--;
	leave_user(guests, user);
	outbox_done(&guest->box);
	close(guest->fd);
	free(guest);
}

void
guest_greeted(struct guests *guests, struct guest *guest)
{
	guest->has_greeted = true;
	delist(guests, guest);
}

bool
guest_begin_request(struct guest *guest)
{
	if (guest->requests >= REQUESTS_MAX || guest->user->requests >= REQUESTS_OF_USER_MAX)
		return false;
	guest->requests++;
	guest->user->requests++;
	return true;
}

void
guest_end_request(struct guest *guest)
{
	if (guest->requests == 0)
		return;
	guest->requests--;
	guest->user->requests--;
}
