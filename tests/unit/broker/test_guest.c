#include <sys/socket.h>
#include <unistd.h>

#include "broker/guest.h"
#include "unit.h"

static struct guests guests;

static int
some_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	return fd;
}

static uint64_t
number_of(uint32_t slot)
{
	return UINT64_C(7) << 32 | slot;
}

static void
remove_all(void)
{
	for (uint32_t slot = 0; slot < GUESTS_MAX; slot++)
		if (guests.slots[slot] != NULL)
			guest_remove(&guests, guests.slots[slot]);
	CHECK(guests.users == NULL && guests.silent == NULL);
}

static void
a_user_has_so_many_connections_and_another_has_its_own(void)
{
	guests_init(&guests);
	for (uint32_t slot = 0; slot < GUESTS_OF_USER_MAX; slot++)
		CHECK(guest_add(&guests, number_of(slot), 1000, some_socket(), 0) != NULL);
	CHECK(guest_add(&guests, number_of(500), 1000, some_socket(), 0) == NULL);
	CHECK(guest_add(&guests, number_of(500), 1001, some_socket(), 0) != NULL);
	guest_remove(&guests, guest_find(&guests, number_of(3)));
	CHECK(guest_add(&guests, number_of(3), 1000, some_socket(), 0) != NULL);
	remove_all();
}

static void
a_number_of_before_is_nobodys(void)
{
	guests_init(&guests);
	CHECK(guest_add(&guests, number_of(3), 1000, some_socket(), 0) != NULL);
	CHECK(guest_find(&guests, UINT64_C(8) << 32 | 3) == NULL);
	CHECK(guest_find(&guests, number_of(GUESTS_MAX)) == NULL);
	CHECK(guest_add(&guests, UINT64_C(8) << 32 | 3, 1000, some_socket(), 0) == NULL);
	CHECK(guest_add(&guests, number_of(GUESTS_MAX), 1000, some_socket(), 0) == NULL);
	CHECK(guest_find(&guests, number_of(3)) != NULL);
	remove_all();
}

static void
requests_are_counted_by_connection_and_by_user(void)
{
	struct guest *first;
	struct guest *next = NULL;

	guests_init(&guests);
	first = guest_add(&guests, number_of(0), 1000, some_socket(), 0);
	for (int i = 0; i < REQUESTS_MAX; i++)
		CHECK(guest_begin_request(first));
	CHECK(!guest_begin_request(first));
	for (uint32_t slot = 1; slot < REQUESTS_OF_USER_MAX / REQUESTS_MAX; slot++) {
		next = guest_add(&guests, number_of(slot), 1000, some_socket(), 0);
		for (int i = 0; i < REQUESTS_MAX; i++)
			CHECK(guest_begin_request(next));
	}
	next = guest_add(&guests, number_of(100), 1000, some_socket(), 0);
	CHECK(!guest_begin_request(next));
	guest_remove(&guests, first); /* what it had under way counts no more */
	CHECK(guest_begin_request(next));
	guest_end_request(next);
	guest_end_request(next); /* one too many does no harm */
	CHECK_INT(next->requests, 0);
	remove_all();
}

static void
who_has_not_greeted_is_known_the_oldest_first(void)
{
	struct guest *list[4];

	guests_init(&guests);
	for (uint32_t i = 0; i < 4; i++)
		list[i] = guest_add(&guests, number_of(i), 1000 + i, some_socket(), i * 10);
	CHECK(guests.silent == list[0]);
	CHECK_INT(guests.silent->greet_by_ms, GREETING_MS);
	guest_greeted(&guests, list[1]);
	guest_remove(&guests, list[0]);
	CHECK(guests.silent == list[2]);
	guest_greeted(&guests, list[3]);
	guest_greeted(&guests, list[2]);
	CHECK(guests.silent == NULL);
	CHECK(guest_add(&guests, number_of(0), 1000, some_socket(), 99) == guests.silent);
	remove_all();
}

static void
what_is_not_taken_waits_in_order(void)
{
	struct outbox box = { 0 };
	int pair[2];
	char data[4096] = { 0 };
	int sent = 0, received = 0;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	while (box.bytes < 100000) {
		CHECK(outbox_send(&box, pair[0], &sent, sizeof(sent), data, sizeof(data)) == 0);
		sent++;
	}
	while (received < sent) {
		int number = -1;

		CHECK(recv(pair[1], data, sizeof(data), MSG_DONTWAIT) == (ssize_t)sizeof(data));
		__builtin_memcpy(&number, data, sizeof(number));
		CHECK_INT(number, received);
		received++;
		CHECK(outbox_flush(&box, pair[0]) == 0);
	}
	CHECK(outbox_is_empty(&box));
	CHECK_INT(box.bytes, 0);
	close(pair[1]);
	CHECK(outbox_send(&box, pair[0], "x", 1, NULL, 0) < 0);
	close(pair[0]);
	outbox_done(&box);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_user_has_so_many_connections_and_another_has_its_own),
		UNIT(a_number_of_before_is_nobodys),
		UNIT(requests_are_counted_by_connection_and_by_user),
		UNIT(who_has_not_greeted_is_known_the_oldest_first),
		UNIT(what_is_not_taken_waits_in_order),
	};

	return UNIT_RUN(tests);
}
