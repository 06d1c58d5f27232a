/* labwright facts: the graph as text. */
#include "command/command.h"

#include "base/error.h"
#include "base/near.h"
#include "flow/flow.h"

extern const Command command_facts;

static void add_kind_help(const char *word, GError **error)
{
	NearSearch search = near_search(slice_from(word), near_limit(slice_from(word)));
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		near_offer(&search, slice_from(fact_kind_word(kind)));
	if (near_result(&search) != SIZE_MAX)
		error_add_help(error, "did you mean '%s'?", search.best.at);
	else
		error_add_help(error, "labwright facts without --kind shows which there are");
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	g_autofree char *subject = NULL, *kind = NULL;
	const GOptionEntry entries[] = {
	        {"subject", 0, 0, G_OPTION_ARG_STRING, &subject, "Only subjects whose name contains this", "TEXT"},
	        {"kind", 0, 0, G_OPTION_ARG_STRING, &kind, "Only facts of this kind", "KIND"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments, entries, &command_facts, &argc, &argv, &error))
		return command_fail(error);
	DumpFilter filter = {.subject = subject, .has_kind = kind != NULL};
	if (kind && !fact_kind_find(kind, &filter.kind)) {
		g_set_error(&error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no kind of fact is called '%s'", kind);
		add_kind_help(kind, &error);
		return command_fail(error);
	}
	g_autoptr(Scan) scan = scan_arguments_read(&arguments, &error);
	if (!scan)
		return command_fail(error);
	g_autoptr(GString) out = g_string_new(NULL);
	graph_dump(scan->graph, &filter, out);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_facts = {
        "facts", "look", "[--subject TEXT] [--kind KIND] [PATH]", "print the graph as text", run};
