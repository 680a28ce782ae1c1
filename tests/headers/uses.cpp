// A C++ program that uses the library.
#include <cstdio>
#include <cstring>

#include <writ.h>

int
main()
{
	const char *const argv[] = { "echo", "from C++", nullptr };
	const char *const set[] = { "LC_ALL=C", nullptr };
	writ_cmd cmd;
	writ_result res{};
	writ_error err{};
	char text[512];

	writ_cmd_init(&cmd, argv);
	cmd.env.set = set;
	if (writ_run(nullptr, &cmd, &res, &err) < 0) {
		std::fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
		return 1;
	}
	const bool good = res.cause == WRIT_EXITED && res.exit_code == 0 && res.out.data != nullptr &&
			  std::strcmp(res.out.data, "from C++\n") == 0;
	writ_result_done(&res);
	return good ? 0 : 1;
}
