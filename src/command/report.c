/* labwright report: what became of a repository between two states, as Markdown, HTML and JSON. */
#include "command/command.h"

#include "base/error.h"
#include "report/summary.h"

#include <stdio.h>

extern const Command command_report;

static bool write_file(const char *folder, const char *name, const GString *text, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	return command_write(path, text, error);
}

static bool write_report(const Summary *summary, const char *folder, GError **error)
{
	g_autoptr(Page) page = summary_page(summary);
	g_autoptr(GString) markdown = g_string_new(REPORT_MARK "\n"), html = g_string_new(NULL),
	                   json = g_string_new(NULL);
	page_markdown(page, markdown);
	page_html(page, html);
	summary_json(summary, json);
	if (g_mkdir_with_parents(folder, 0777) < 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot make the folder %s", folder);
		return false;
	}
	return write_file(folder, "REPORT.md", markdown, error) && write_file(folder, "report.html", html, error) &&
	       write_file(folder, "report.json", json, error);
}

static uint32_t count_level(const SummaryState *state, Level level)
{
	uint32_t count = 0;
	for (size_t i = 0; i < state->count; i++)
		count += state->findings[i]->level == level;
	return count;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *from = NULL, *to = NULL, *folder = NULL;
	g_auto(GStrv) usage = NULL;
	gboolean history = FALSE;
	const GOptionEntry entries[] = {
	        {"from", 0, 0, G_OPTION_ARG_STRING, &from,
	                "The state before (where the last improvement or the branch began, else none)", "REV"},
	        {"to", 0, 0, G_OPTION_ARG_STRING, &to, "The state after (what is staged)", "REV"},
	        {"usage", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &usage, "What the cluster says of itself, as for place",
	                "FILE"},
	        {"history", 0, 0, G_OPTION_ARG_NONE, &history,
	                "Find each commit of the history that changed the findings, however long it takes", NULL},
	        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &folder, "The folder to write to (the current one)", "DIR"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!command_parse(&command_report, entries, &argc, &argv, &error))
		return command_fail(error);
	if (argc > 2)
		return command_misused("labwright report [PATH]", "one repository at a time");
	g_autoptr(Progress) progress = progress_new();
	progress_counter(progress)->unit = "commits";
	ReportOptions options = {.path = argc > 1 ? argv[1] : NULL,
	        .from = from,
	        .to = to,
	        .usage = (const char *const *)usage,
	        .progress = progress_counter(progress),
	        .history = history};
	g_autoptr(Report) report = report_new(&options, &error);
	g_clear_pointer(&progress, progress_free);
	if (!report || !write_report(report_summary(report), folder ? folder : ".", &error))
		return command_fail(error);
	const Summary *summary = report_summary(report);
	printf("errors: %u before, %u after; warnings: %u before, %u after; commits: %u\n"
	       "written: REPORT.md, report.html and report.json in %s\n"
	       "next: open %s/report.html\n",
	        count_level(&summary->before, LEVEL_ERROR), count_level(&summary->after, LEVEL_ERROR),
	        count_level(&summary->before, LEVEL_WARNING), count_level(&summary->after, LEVEL_WARNING),
	        summary->commits->len, folder ? folder : "this folder", folder ? folder : ".");
	return EXIT_CLEAN;
}

const Command command_report = {"report", "tell", "[--from REV] [--to REV] [PATH]",
        "what became of the repository, with every figure measured", run};
