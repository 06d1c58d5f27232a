/* labwright mcp: the server for assistants. */
#include "command/command.h"

#include "serve/serve.h"

extern const Command command_mcp;

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gboolean allow_write = FALSE;
	const GOptionEntry entries[] = {
	        {"allow-write", 0, 0, G_OPTION_ARG_NONE, &allow_write, "Let the tool fix write files", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_mcp, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright mcp [PATH]", "one repository at a time");
	const AssistantOptions options = {.path = argc > 1 ? argv[1] : ".", .allow_write = allow_write};
	if (!g_file_test(options.path, G_FILE_TEST_IS_DIR))
		return command_misused("name the folder of a repository", "'%s' is no folder", options.path);
	return serve_assistant(&options);
}

const Command command_mcp = {"mcp", "look", "[--allow-write] [PATH]", "the same for assistants (MCP)", run};
