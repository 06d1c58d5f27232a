/* labwright lsp: the server for editors. */
#include "command/command.h"

#include "serve/serve.h"

extern const Command command_lsp;

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gboolean stdio = FALSE;
	const GOptionEntry entries[] = {
	        {"stdio", 0, 0, G_OPTION_ARG_NONE, &stdio, "Speak on standard input and output, as it does anyway",
	                NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_lsp, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright lsp [PATH]", "one repository at a time");
	return serve_editor(argc > 1 ? argv[1] : ".");
}

const Command command_lsp = {"lsp", "look", "[PATH]", "findings, proven edits and definitions in an editor (LSP)", run};
