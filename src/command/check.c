/* labwright check: what is wrong between the files. */
#include "command/command.h"
#include "flow/flow.h"
#include "report/report.h"

#include <stdio.h>

extern const Command command_check;

static int print_check(Scan *scan, const ScanArguments *arguments, const char *only, GError **error)
{
	g_autofree char *below = repo_relative(scan->repo, arguments->path);
	const char *paths[] = {below, NULL};
	CheckOptions wanted = {.only = only, .paths = below && *below ? paths : NULL};
	g_autoptr(Check) check = check_new(scan, &wanted, error);
	if (!check)
		return EXIT_USAGE;
	g_autoptr(GString) out = g_string_new(NULL);
	ReportInput input = {
	        .graph = scan->graph, .findings = check->findings, .count = check->count, .bytes = scan->bytes};
	renderers()[0]->render(&input, out);
	fwrite(out->str, 1, out->len, stdout);
	for (size_t i = 0; i < check->count; i++)
		if (check->findings[i]->level == LEVEL_ERROR)
			return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(ScanArguments) arguments = {0};
	g_autofree char *only = NULL;
	gboolean timing = FALSE;
	const GOptionEntry entries[] = {
	        {"rule", 0, 0, G_OPTION_ARG_STRING, &only, "Only this rule", "RULE"},
	        {"timing", 0, 0, G_OPTION_ARG_NONE, &timing, "Show where the time went", NULL},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments, entries, &command_check, &argc, &argv, &error))
		return command_fail(error);
	ScanOptions wanted = scan_arguments_options(&arguments);
	g_autoptr(Scan) scan = scan_new(&wanted, &error);
	if (!scan)
		return command_fail(error);
	int code = print_check(scan, &arguments, only, &error);
	if (error)
		return command_fail(error);
	if (timing)
		g_printerr("list %.1f ms, read %.1f ms, seal %.1f ms, link %.1f ms, check %.1f ms; %" G_GUINT64_FORMAT
		           " bytes, %u nodes\n",
		        (double)scan->timing.list / 1e3, (double)scan->timing.read / 1e3,
		        (double)scan->timing.seal / 1e3, (double)scan->timing.link / 1e3,
		        (double)scan->timing.check / 1e3, scan->bytes, graph_nodes(scan->graph));
	return code;
}

const Command command_check = {"check", "look", "[PATH…]", "say what is wrong, across files, with evidence", run};
