/* labwright completion: what a shell calls when somebody presses Tab. The scripts of the three shells only hand over
 * the words typed so far; which words may follow is told here, from the rows that help prints, the catalogue of rules,
 * and the repository itself. Nothing told means that files are meant. */
#include "command/command.h"

#include "report/report.h"

#include <string.h>

extern const Command command_completion;

/* ---- candidates ------------------------------------------------------------------------------------------- */

typedef struct Candidates {
	GString *out;
	const char *typed;  /* of the word at the cursor */
	const char *before; /* what has to stand before each: "--rule=" */
} Candidates;

static void offer(const Candidates *candidates, const char *word, const char *what)
{
	if (!g_str_has_prefix(word, candidates->typed))
		return;
	g_autoptr(GString) safe = g_string_new(NULL);
	report_append(safe, word, true);
	g_string_append_printf(
	        candidates->out, "%s%s%s%s\n", candidates->before, safe->str, what ? "\t" : "", what ? what : "");
}

static void offer_commands(const Candidates *candidates)
{
	for (const Command *const *command = commands(); *command; command++)
		offer(candidates, (*command)->name, (*command)->summary);
}

static void offer_rules(const Candidates *candidates)
{
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			offer(candidates, (*set)->rules[i].id, (*set)->rules[i].title);
}

static void offer_kinds(const Candidates *candidates)
{
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		offer(candidates, fact_kind_word(kind), fact_kind_meaning(kind));
}

static void offer_formats(const Candidates *candidates)
{
	for (const Renderer *const *renderer = renderers(); *renderer; renderer++)
		offer(candidates, (*renderer)->name, (*renderer)->summary);
}

static bool is_workload(const Graph *graph, Node object)
{
	return is_kind(graph, object, "Service") || graph_first_child(graph, object, NODE_POD) != NODE_NONE;
}

/* Workloads and Services of the repository around, each once. */
static void offer_services(const Candidates *candidates)
{
	ScanOptions options = {.path = ".", .no_cache = true};
	g_autoptr(Scan) scan = scan_new(&options, NULL);
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	if (!scan)
		return;
	GRAPH_NODES (scan->graph, NODE_OBJECT, object) {
		const char *name = graph_name(scan->graph, object);
		if (*name && is_workload(scan->graph, object) && g_hash_table_add(told, (gpointer)name))
			offer(candidates, name, graph_text(scan->graph, object, FACT_KIND));
	}
	GRAPH_NODES (scan->graph, NODE_SERVICE, service) {
		const char *name = graph_name(scan->graph, service);
		if (*name && g_hash_table_add(told, (gpointer)name))
			offer(candidates, name, "compose service");
	}
}

static void offer_words(const Candidates *candidates, const char *words)
{
	g_auto(GStrv) each = g_strsplit(words, " ", -1);
	for (char **word = each; *word; word++)
		offer(candidates, *word, NULL);
}

/* ---- what is asked for -------------------------------------------------------------------------------------- */

/* By the name of an option's argument, or of a word in a command's usage. */
static void offer_for(const Candidates *candidates, const char *option, const char *argument)
{
	if (g_str_has_prefix(argument, "RULE"))
		offer_rules(candidates);
	else if (strcmp(argument, "KIND") == 0)
		offer_kinds(candidates);
	else if (strcmp(argument, "TEXT") == 0 || g_str_has_prefix(argument, "SERVICE") ||
	         g_strcmp0(option, "only") == 0)
		offer_services(candidates);
	else if (strcmp(argument, "LEVEL") == 0)
		offer_words(candidates, "error warning info never");
	else if (strcmp(argument, "WHEN") == 0)
		offer_words(candidates, "auto always never");
	else if (g_strcmp0(option, "profile") == 0)
		offer_words(candidates, "homelab security strict");
	else if (strcmp(argument, "NAME[=FILE]") == 0)
		offer_formats(candidates);
	else if (g_strcmp0(option, "format") == 0)
		offer_words(candidates, "text json csv svg markdown");
	else if (strcmp(argument, "COMMAND") == 0)
		offer_commands(candidates);
	else if (strcmp(argument, "SHELL") == 0)
		offer_words(candidates, "bash zsh fish");
}

typedef struct Completing {
	Slice name;
	const char *argument; /* of the option of that name, or NULL */
	const Candidates *candidates;
} Completing;

static void see_option(const GOptionEntry *option, void *data)
{
	Completing *wanted = data;
	if (slice_is(wanted->name, option->long_name))
		wanted->argument = option->arg_description;
}

static void offer_option(const GOptionEntry *option, void *data)
{
	g_autofree char *word = g_strdup_printf("--%s%s", option->long_name, option->arg_description ? "=" : "");
	offer(data, word, option->description);
}

/* The argument of an option of the command, or NULL. */
static const char *argument_of(const Command *command, Slice name)
{
	Completing wanted = {.name = name};
	command_options(command, see_option, &wanted);
	return wanted.argument;
}

/* The first word of a usage that is in capitals and no option's: "RULE…" of "RULE…", "show" stays out. */
static char *word_of(const char *usage)
{
	g_auto(GStrv) words = g_strsplit_set(usage, " []|…", -1);
	char *found = NULL;
	for (char **word = words; *word; word++) {
		bool of_option = word > words && g_str_has_prefix(word[-1], "--");
		if (!found && !of_option && g_ascii_isupper(**word))
			found = g_strdup(*word);
	}
	return found ? found : g_strdup("");
}

/* Whether the words of a command are names of what runs. */
static bool names_what_runs(const Command *command)
{
	static const char *const all[] = {"logs", "exec", "explain", NULL};
	return g_strv_contains(all, command->name);
}

static void offer_next(Candidates candidates, const Command *command, const char *previous)
{
	const char *typed = candidates.typed, *equals = strchr(typed, '=');
	if (g_str_has_prefix(typed, "--") && equals) {
		Slice name = {typed + 2, (size_t)(equals - typed) - 2};
		const char *argument = argument_of(command, name);
		g_autofree char *option = slice_dup(name), *before = g_strdup_printf("--%s=", option);
		candidates.before = before;
		candidates.typed = equals + 1;
		if (argument)
			offer_for(&candidates, option, argument);
		return;
	}
	if (*typed == '-') {
		command_options(command, offer_option, &candidates);
		return;
	}
	const char *argument = g_str_has_prefix(previous, "--") ? argument_of(command, slice_from(previous + 2)) : NULL;
	g_autofree char *word = word_of(command->usage);
	if (argument)
		offer_for(&candidates, previous + 2, argument);
	else if (strcmp(command->name, "config") == 0)
		offer_words(&candidates, "show");
	else
		offer_for(&candidates, NULL, word);
	if (!argument && names_what_runs(command))
		offer_services(&candidates);
}

/* words: all after `labwright` up to the one at the cursor. */
static void complete(int count, char **words, GString *out)
{
	const char *typed = count ? words[count - 1] : "";
	Candidates candidates = {out, typed, ""};
	const Command *command = count > 1 ? command_find(words[0]) : NULL;
	if (count <= 1)
		offer_commands(&candidates);
	else if (command)
		offer_next(candidates, command, words[count - 2]);
}

/* ---- shells ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *script;
} shells[] = {
        {"bash", "_labwright() {\n"
                 "\tlocal IFS=$'\\n' line word=${COMP_WORDS[COMP_CWORD]} words=() at\n"
                 "\t# bash takes --rule=x apart into three words.\n"
                 "\tfor ((at = 1; at <= COMP_CWORD; at++)); do\n"
                 "\t\tif [[ ${COMP_WORDS[at]} == = && ${#words[@]} -gt 0 ]] ||\n"
                 "\t\t\t[[ $at -gt 1 && ${COMP_WORDS[at - 1]} == = && ${#words[@]} -gt 0 ]]; then\n"
                 "\t\t\twords[${#words[@]} - 1]+=${COMP_WORDS[at]}\n"
                 "\t\telse\n"
                 "\t\t\twords+=(\"${COMP_WORDS[at]}\")\n"
                 "\t\tfi\n"
                 "\tdone\n"
                 "\tCOMPREPLY=()\n"
                 "\tfor line in $(labwright completion --words -- \"${words[@]}\" 2>/dev/null | cut -f 1); do\n"
                 "\t\t[[ ${words[-1]} == *=* ]] && line=${line#*=}\n"
                 "\t\tCOMPREPLY+=(\"$line\")\n"
                 "\tdone\n"
                 "\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
                 "}\n"
                 "complete -o default -F _labwright labwright\n"},
        {"zsh", "#compdef labwright\n"
                "_labwright() {\n"
                "\tlocal line\n"
                "\tlocal -a shown\n"
                "\tfor line in ${(f)\"$(labwright completion --words -- ${words[2,CURRENT]} 2>/dev/null)\"}; do\n"
                "\t\tshown+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
                "\tdone\n"
                "\tif (( ${#shown} )); then\n"
                "\t\t_describe -V labwright shown -S ''\n"
                "\telse\n"
                "\t\t_files\n"
                "\tfi\n"
                "}\n"
                "if [ \"$funcstack[1]\" = _labwright ]; then\n"
                "\t_labwright \"$@\"\n"
                "else\n"
                "\tcompdef _labwright labwright\n"
                "fi\n"},
        {"fish", "function __labwright_words\n"
                 "\tset -l words (commandline -opc) (commandline -ct)\n"
                 "\tlabwright completion --words -- $words[2..-1] 2>/dev/null\n"
                 "end\n"
                 "complete -c labwright -n 'test -n \"$(__labwright_words)\"' -f -a '(__labwright_words)'\n"
                 "complete -c labwright -n 'test -z \"$(__labwright_words)\"' -F\n"},
};

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	gboolean words = FALSE;
	const GOptionEntry entries[] = {
	        {"words", 0, 0, G_OPTION_ARG_NONE, &words, "Say what may follow these words; the scripts ask so", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_completion, entries, &argc, &argv, &error))
		return command_fail(error);
	if (words) {
		complete(argc - 1, argv + 1, out);
		return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
	}
	for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(shells); i++) {
		if (strcmp(shells[i].name, argv[1]) != 0)
			continue;
		g_string_append(out, shells[i].script);
		return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
	}
	return command_misused("eval \"$(labwright completion bash)\"", "name a shell: bash, zsh or fish");
}

const Command command_completion = {
        "completion", "tell", "SHELL", "a script that lets bash, zsh or fish complete words", run};
