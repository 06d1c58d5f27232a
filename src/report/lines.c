/* Every finding with all its evidence and nothing else: for editors, for diffs and for the tests' goldens. */
#include "report/report.h"

static void append_finding(const ReportInput *input, const Finding *finding, GString *out)
{
	report_append_place(input, finding->span, out);
	g_string_append_printf(out, ": %s: ", level_word(finding->level));
	report_append(out, finding->message, true);
	g_string_append_printf(out, " [%s]\n", finding->rule->id);
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		g_string_append(out, "    ");
		report_append_place(input, finding->evidence[i].span, out);
		g_string_append(out, ": ");
		report_append(out, finding->evidence[i].text, true);
		g_string_append_c(out, '\n');
	}
	if (finding->hint) {
		g_string_append(out, "  hint: ");
		report_append(out, finding->hint, true);
		g_string_append_c(out, '\n');
	}
}

static void render(const ReportInput *input, GString *out)
{
	for (size_t i = 0; i < input->count; i++)
		if (report_shows(input, input->findings[i]))
			append_finding(input, input->findings[i], out);
}

const Renderer renderer_lines = {
        "lines", "every finding with all its evidence, for editors and diffs", LEVEL_INFO, render, false};
