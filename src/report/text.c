/* Findings for people: one line each in the form every editor understands, evidence below it. */
#include "report/report.h"

static void append_place(const Graph *graph, Span span, GString *out)
{
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	g_string_append_printf(out, "%s:%u:%u", graph_file_path(graph, span.file), line, column);
}

static void append_finding(const Graph *graph, const Finding *finding, GString *out)
{
	append_place(graph, finding->span, out);
	g_string_append_printf(out, ": %s: %s [%s]\n", level_word(finding->level), finding->message, finding->rule->id);
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		g_string_append(out, "    ");
		append_place(graph, finding->evidence[i].span, out);
		g_string_append_printf(out, ": %s\n", finding->evidence[i].text);
	}
	if (finding->hint)
		g_string_append_printf(out, "  hint: %s\n", finding->hint);
}

static void render(const ReportInput *input, GString *out)
{
	for (size_t i = 0; i < input->count; i++)
		append_finding(input->graph, input->findings[i], out);
}

const Renderer renderer_text = {"text", "for people: a line a finding, with its evidence", render};
