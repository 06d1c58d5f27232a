/* labwright demo: the whole of it on the bundled homelab, in a folder that nobody needs. A script of the examples types
 * what a user would, so this only finds it: beside the program as it is installed (bin, share/labwright), or as it is
 * built in a clone (build, examples). */
#include "command/command.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

extern const Command command_demo;

#define SCRIPT "examples" G_DIR_SEPARATOR_S "demo.sh"

/* Free with g_free; NULL where no folder holds it. */
static char *find_script(const char *program)
{
	g_autofree char *folder = g_path_get_dirname(program);
	const char *named = g_getenv("LABWRIGHT_DATA");
	char *candidates[] = {named ? g_build_filename(named, SCRIPT, NULL) : NULL,
	        g_build_filename(folder, "..", "share", "labwright", SCRIPT, NULL),
	        g_build_filename(folder, "..", SCRIPT, NULL)};
	char *found = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
		if (!found && candidates[i] && g_file_test(candidates[i], G_FILE_TEST_IS_REGULAR))
			found = candidates[i];
		else
			g_free(candidates[i]);
	}
	return found;
}

static void fail_work(GError **error, const char *what, const char *why, const char *help)
{
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s: %s", what, why);
	error_add_help(error, "%s", help);
}

/* Only comes back with an error. */
static void become_script(char *folder, GError **error)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", error);
	g_autofree char *script = program ? find_script(program) : NULL;
	if (!program)
		return;
	if (!script) {
		fail_work(error, "the bundled homelab", "it is not installed beside the program",
		        "make install brings it; LABWRIGHT_DATA names the folder that holds examples/");
		return;
	}
	char shell[] = "sh";
	char *words[] = {shell, script, program, folder, NULL};
	execv("/bin/sh", words);
	fail_work(error, "cannot start /bin/sh", g_strerror(errno), "the demonstration is a shell script");
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!command_parse(&command_demo, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright demo [DIR]", "one folder at most");
	become_script(argc > 1 ? argv[1] : NULL, &error);
	return command_fail(error);
}

const Command command_demo = {"demo", "look", "[DIR]", "all of it on a bundled homelab, in a folder of its own", run};
