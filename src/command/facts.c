/* labwright facts: the graph as text. */
#include "command/command.h"

#include "base/error.h"
#include "flow/flow.h"

extern const Command command_facts;

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
		error_add_help(&error, "labwright help facts lists the kinds");
		return command_fail(error);
	}
	ScanOptions wanted = scan_arguments_options(&arguments);
	g_autoptr(Progress) progress = progress_new();
	wanted.progress = progress_counter(progress);
	g_autoptr(Scan) scan = scan_new(&wanted, &error);
	g_clear_pointer(&progress, progress_free);
	if (!scan)
		return command_fail(error);
	g_autoptr(GString) out = g_string_new(NULL);
	graph_dump(scan->graph, &filter, out);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_facts = {
        "facts", "look", "[--subject TEXT] [--kind KIND] [PATH]", "print the graph as text", run};
