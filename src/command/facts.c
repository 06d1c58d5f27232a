/* labwright facts: the graph as text. */
#include "command/command.h"

#include "base/error.h"
#include "base/near.h"
#include "flow/live.h"

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

/* The rows of a cluster, which are of no file. */
static bool dump_live(const ScanArguments *arguments, const TargetOptions *target, const DumpFilter *filter,
        GString *out, GError **error)
{
	ScanOptions where = scan_arguments_options(arguments);
	g_autoptr(Cluster) cluster = NULL;
	g_autoptr(GString) notes = g_string_new(NULL);
	if (!target_open_cluster(&where, target, "--live", &cluster, error))
		return false;
	g_autoptr(Usage) usage = usage_live(cluster, false, NULL, notes, error);
	if (!usage)
		return false;
	graph_dump(usage->graph, filter, out);
	g_printerr("%s", notes->str);
	return true;
}

static bool dump_files(const ScanArguments *arguments, const DumpFilter *filter, GString *out, GError **error)
{
	g_autoptr(Scan) scan = scan_arguments_read(arguments, error);
	if (scan)
		graph_dump(scan->graph, filter, out);
	return scan != NULL;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	g_autofree char *subject = NULL, *kind = NULL, *context = NULL, *kubeconfig = NULL;
	gboolean live = FALSE;
	const GOptionEntry entries[] = {
	        {"subject", 0, 0, G_OPTION_ARG_STRING, &subject, "Only subjects whose name contains this", "TEXT"},
	        {"kind", 0, 0, G_OPTION_ARG_STRING, &kind, "Only facts of this kind", "KIND"},
	        {"live", 0, 0, G_OPTION_ARG_NONE, &live, "What the cluster says, instead of the files", NULL},
	        {"context", 0, 0, G_OPTION_ARG_STRING, &context,
	                "With --live: the cluster of this context; else what labwright.yaml names", "NAME"},
	        {"kubeconfig", 0, 0, G_OPTION_ARG_FILENAME, &kubeconfig,
	                "With --live: where contexts are; else KUBECONFIG, or ~/.kube/config", "FILE"},
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
	TargetOptions target = {context, kubeconfig, false};
	g_autoptr(GString) out = g_string_new(NULL);
	if (live ? !dump_live(&arguments, &target, &filter, out, &error)
	         : !dump_files(&arguments, &filter, out, &error))
		return command_fail(error);
	return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
}

const Command command_facts = {
        "facts", "look", "[--subject TEXT] [--kind KIND] [PATH]", "print the graph as text", run};
