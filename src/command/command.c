/* The table of commands, and what they share: their options, how an error is said, where output goes. */
#include "command/command.h"

#include "base/error.h"
#include "base/near.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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

const Command *command_find(const char *name)
{
	for (const Command *const *command = commands(); *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

/* ---- options of a command ---- who asks for them has the command parse none, and gets the table it parses with ----
 */

static struct {
	OptionSeen seen;
	void *data;
} asker;

void command_options(const Command *command, OptionSeen seen, void *data)
{
	char option[] = "--help", *words[] = {(char *)command->name, option, NULL};
	if (strcmp(command->name, "help") == 0)
		return;
	asker.seen = seen;
	asker.data = data;
	command->run(2, words);
	asker.seen = NULL;
}

/* ---- errors ------------------------------------------------------------------------------------- */

int command_fail(const GError *error)
{
	if (asker.seen)
		return EXIT_USAGE;
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
	g_printerr("error: %s\n", lines[0]);
	for (char **line = lines[0] ? lines + 1 : lines; *line; line++)
		g_printerr("  %s\n", *line);
	bool usage = g_error_matches(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE) || error->domain == G_OPTION_ERROR;
	return usage ? EXIT_USAGE : EXIT_WORK;
}

int command_misused(const char *help, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_printerr("error: %s\n  help: %s\n", text, help);
	return EXIT_USAGE;
}

/* What other tools call it. */
static const char *command_of_others(const char *word)
{
	static const struct {
		const char *word, *ours;
	} others[] = {{"ps", "status"}, {"ls", "status"}, {"get", "status"}, {"stop", "down"}, {"rm", "down"},
	        {"delete", "down"}, {"destroy", "down"}, {"start", "up"}, {"apply", "up"}, {"deploy", "up"},
	        {"create", "up"}, {"diff", "up --dry-run"}, {"plan", "up --dry-run"}, {"pull", "up --pull"},
	        {"build", "up --pull"}, {"stats", "top"}, {"lint", "check"}, {"validate", "check"}};
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (strcmp(word, others[i].word) == 0)
			return others[i].ours;
	return NULL;
}

int command_unknown(const char *word)
{
	const char *ours = command_of_others(word);
	g_autofree char *help = ours ? g_strdup_printf("labwright %s does that", ours) : NULL;
	if (help)
		return command_misused(help, "'%s' is not a command", word);
	NearSearch search = near_search(slice_from(word), near_limit(slice_from(word)));
	for (const Command *const *command = commands(); *command; command++)
		near_offer(&search, slice_from((*command)->name));
	g_autofree char *meant =
	        near_result(&search) == SIZE_MAX ? NULL : g_strdup_printf("did you mean '%s'?", search.best.at);
	return command_misused(meant ? meant : "labwright help lists the commands", "'%s' is not a command", word);
}

/* ---- options ------------------------------------------------------------------------------------- */

/* What GLib says of an unknown option holds its name and nothing of the others. */
static void add_option_help(const GOptionEntry *entries, const char *command, GError **error)
{
	const char *word = error && *error ? strstr((*error)->message, "option --") : NULL;
	if (word) {
		word += strlen("option --");
		Slice name = {word, strcspn(word, "=")};
		NearSearch search = near_search(name, near_limit(name));
		for (const GOptionEntry *entry = entries; entry->long_name; entry++)
			near_offer(&search, slice_from(entry->long_name));
		if (near_result(&search) != SIZE_MAX) {
			error_add_help(error, "did you mean --%s?", search.best.at);
			return;
		}
	}
	error_add_help(error, "%s --help lists the options", command);
}

/* GLib leaves the word in where what follows begins with a dash. */
static void drop_dashes(int *argc, char **argv)
{
	if (*argc < 2 || strcmp(argv[1], "--") != 0)
		return;
	memmove(argv + 1, argv + 2, sizeof *argv * (size_t)(*argc - 1));
	--*argc;
}

bool command_parse(const Command *command, const GOptionEntry *entries, int *argc, char ***argv, GError **error)
{
	if (asker.seen) {
		for (const GOptionEntry *entry = entries; entry->long_name; entry++)
			asker.seen(entry, asker.data);
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "it is only asked for its options");
		return false;
	}
	g_autoptr(GOptionContext) context = g_option_context_new(command->usage);
	g_autofree char *name = g_strdup_printf("labwright %s", command->name);
	g_set_prgname(name); /* what --help says */
	g_option_context_set_summary(context, command->summary);
	g_option_context_add_main_entries(context, entries, NULL);
	if (g_option_context_parse(context, argc, argv, error)) {
		drop_dashes(argc, *argv);
		return true;
	}
	add_option_help(entries, name, error);
	return false;
}

GArray *command_join_entries(const GOptionEntry *first, const GOptionEntry *second)
{
	GArray *joined = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	for (; first->long_name; first++)
		g_array_append_vals(joined, first, 1);
	for (; second->long_name; second++)
		g_array_append_vals(joined, second, 1);
	return joined;
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
	        {"threads", 0, 0, G_OPTION_ARG_INT, &arguments->threads, "Threads that read and check", "N"},
	        {"no-cache", 0, 0, G_OPTION_ARG_NONE, &arguments->no_cache,
	                "Take no answer of an earlier run, and keep none", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GArray) all = command_join_entries(entries, shared);
	if (!command_parse(command, (const GOptionEntry *)(const void *)all->data, argc, argv, error))
		return false;
	if (arguments->threads < 0 || arguments->threads > 256) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--threads is from 1 to 256");
		return false;
	}
	if ((arguments->root != NULL) + (arguments->revision != NULL) + arguments->worktree > 1) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--root reads a folder as it is on disk, --worktree the working tree, --rev a commit: one of "
		        "them");
		return false;
	}
	arguments->paths = (const char *const *)*argv + 1;
	arguments->path = *argc > 1 ? (*argv)[1] : arguments->root ? arguments->root : ".";
	return true;
}

ScanOptions scan_arguments_options(const ScanArguments *arguments)
{
	ScanOptions options = {
	        .path = arguments->path, .threads = (uint32_t)arguments->threads, .no_cache = arguments->no_cache};
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

static void append_word(GString *out, const char *word)
{
	bool plain = *word != '\0';
	for (const char *at = word; *at; at++)
		plain &= g_ascii_isalnum(*at) || strchr("-._/=@+:,%", *at);
	g_autofree char *quoted = plain ? g_strdup(word) : g_shell_quote(word);
	g_string_append_printf(out, " %s", quoted);
}

Scan *scan_arguments_read(const ScanArguments *arguments, GError **error)
{
	g_autoptr(Progress) progress = progress_new();
	ScanOptions wanted = scan_arguments_options(arguments);
	wanted.progress = progress_counter(progress);
	return scan_new(&wanted, error);
}

char *scan_arguments_again(const ScanArguments *arguments)
{
	GString *out = g_string_new(NULL);
	if (arguments->root) {
		g_string_append(out, " --root");
		append_word(out, arguments->root);
	} else if (arguments->revision) {
		g_string_append(out, " --rev");
		append_word(out, arguments->revision);
	} else if (arguments->worktree) {
		g_string_append(out, " --worktree");
	}
	for (const char *const *path = arguments->paths; *path; path++)
		append_word(out, *path);
	return g_string_free(out, FALSE);
}

bool recover_interrupted(const Repo *repo, const char *look, GError **error)
{
	bool found = false;
	if (!fix_recover(repo, &found, error))
		return false;
	if (found) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "an earlier run was interrupted while it wrote; its work has just been brought to an end");
		error_add_help(error, "look at %s, then run this command again", look);
	}
	return !found;
}

void scan_arguments_clear(ScanArguments *arguments)
{
	g_free(arguments->root);
	g_free(arguments->revision);
}

/* ---- output -------------------------------------------------------------------------------------- */

bool command_write(const char *path, const GString *text, GError **error)
{
	if (path && strcmp(path, "-") != 0) {
		if (g_file_set_contents(path, text->str, (gssize)text->len, error))
			return true;
		g_prefix_error(error, "cannot write the report: ");
		return false;
	}
	if (fwrite(text->str, 1, text->len, stdout) == text->len && fflush(stdout) == 0)
		return true;
	g_set_error(
	        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot write to standard output: %s", g_strerror(errno));
	return false;
}

bool scan_arguments_below(const ScanArguments *arguments, const Scan *scan, char ***ret_paths, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	for (const char *const *path = arguments->paths; *path; path++) {
		char *below = repo_relative(scan->repo, *path);
		if (!below) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "'%s' is not in %s", *path,
			        repo_root(scan->repo));
			return false;
		}
		g_ptr_array_add(paths, below);
	}
	bool any = paths->len > 0;
	g_ptr_array_add(paths, NULL);
	*ret_paths = any ? (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE) : NULL;
	return true;
}

bool command_colour(const char *word, bool *ret_colour, GError **error)
{
	const char *terminal = g_getenv("TERM"), *force = g_getenv("CLICOLOR_FORCE"), *no = g_getenv("NO_COLOR");
	bool can = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	bool forced = force && *force && strcmp(force, "0") != 0;
	*ret_colour = no && *no ? false : can || forced;
	if (!word || strcmp(word, "auto") == 0)
		return true;
	*ret_colour = strcmp(word, "always") == 0;
	if (*ret_colour || strcmp(word, "never") == 0)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--color knows no '%s'", word);
	error_add_help(error, "one of auto, always, never");
	return false;
}
