/* The table of commands, and how an error is said. */
#include "command/command.h"

#include "base/error.h"

#define COMMAND(name) extern const Command command_##name;
#include "registry/command.def"
#undef COMMAND

const Command *const *commands(void)
{
	static const Command *const all[] = {
#define COMMAND(name) &command_##name,
#include "registry/command.def"
#undef COMMAND
	        NULL,
	};
	return all;
}

int command_fail(const GError *error)
{
	g_printerr("labwright: %s\n", error->message);
	bool usage = g_error_matches(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE) || error->domain == G_OPTION_ERROR;
	return usage ? EXIT_USAGE : EXIT_WORK;
}

bool scan_arguments_parse(ScanArguments *arguments, const GOptionEntry *entries, const Command *command, int *argc,
        char ***argv, GError **error)
{
	const GOptionEntry shared[] = {
	        {"root", 0, 0, G_OPTION_ARG_FILENAME, &arguments->root, "Read this folder as it is on disk, Git or not",
	                "DIR"},
	        {"rev", 0, 0, G_OPTION_ARG_STRING, &arguments->revision, "Read a commit", "REV"},
	        {"worktree", 0, 0, G_OPTION_ARG_NONE, &arguments->worktree,
	                "Read the working tree instead of the index", NULL},
	        {"threads", 0, 0, G_OPTION_ARG_INT, &arguments->threads, "Threads that read", "N"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(command->usage);
	g_option_context_set_summary(context, command->summary);
	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, shared, NULL);
	if (!g_option_context_parse(context, argc, argv, error))
		return false;
	arguments->path = *argc > 1 ? (*argv)[1] : arguments->root ? arguments->root : ".";
	return true;
}

ScanOptions scan_arguments_options(const ScanArguments *arguments)
{
	ScanOptions options = {.path = arguments->path, .threads = (uint32_t)MAX(arguments->threads, 0)};
	if (arguments->root) {
		options.path = arguments->root;
		options.view = REPO_FOLDER;
	} else if (arguments->revision) {
		options.view = REPO_REVISION;
		options.revision = arguments->revision;
	} else if (arguments->worktree) {
		options.view = REPO_WORKTREE;
	}
	return options;
}

void scan_arguments_clear(ScanArguments *arguments)
{
	g_free(arguments->root);
	g_free(arguments->revision);
}
