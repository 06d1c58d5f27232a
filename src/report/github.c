/* Workflow commands: GitHub Actions, Gitea and Forgejo show them at the lines of a pull request. A command is one line;
 * what would end it, or one of its values, is written in percent. */
#include "report/report.h"

#include <string.h>

/* of: the bytes that mean something where the text stands. */
static void append_escaped(GString *out, const char *text, const char *of)
{
	for (; *text; text++) {
		if (strchr(of, *text))
			g_string_append_printf(out, "%%%02X", (unsigned char)*text);
		else
			g_string_append_c(out, *text);
	}
}

static void append_property(GString *out, const char *name, const char *text)
{
	g_string_append_printf(out, "%s=", name);
	append_escaped(out, text, "%\r\n:,");
}

static void append_message(GString *out, const char *text)
{
	g_autoptr(GString) safe = g_string_new(NULL);
	report_append(safe, text, true);
	append_escaped(out, safe->str, "%\r\n");
}

static void append_finding(const ReportInput *input, const Finding *finding, GString *out)
{
	static const char *const words[] = {"", "notice", "warning", "error"};
	uint32_t line, column;
	graph_position(input->graph, finding->span, &line, &column);
	g_string_append_printf(out, "::%s ", words[finding->level]);
	append_property(out, "file", graph_file_path(input->graph, finding->span.file));
	g_string_append_printf(out, ",line=%u,col=%u,", line, column);
	append_property(out, "title", finding->rule->id);
	g_string_append(out, "::");
	append_message(out, finding->message);
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		g_string_append(out, "%0A");
		g_autoptr(GString) place = g_string_new(NULL);
		report_append_place(input, finding->evidence[i].span, place);
		append_escaped(out, place->str, "%\r\n");
		g_string_append(out, ": ");
		append_message(out, finding->evidence[i].text);
	}
	if (finding->hint) {
		g_string_append(out, "%0Ahint: ");
		append_message(out, finding->hint);
	}
	g_string_append_c(out, '\n');
}

static void render(const ReportInput *input, GString *out)
{
	for (size_t i = 0; i < input->count; i++)
		if (report_shows(input, input->findings[i]))
			append_finding(input, input->findings[i], out);
}

const Renderer renderer_github = {
        "github", "annotations of GitHub Actions, Gitea and Forgejo", LEVEL_INFO, render, false};
