/* JUnit's XML, as Jenkins, GitLab, Gitea and most test viewers read it: a finding is a test that failed, a note one
 * that passed and has something to say, a silenced finding one that was skipped. Where nothing is wrong there is one
 * test that passed, since viewers take a file without tests for a broken one. */
#include "report/page.h"
#include "report/report.h"

static void append_attribute(GString *out, const char *name, const char *text)
{
	g_string_append_printf(out, " %s=\"", name);
	page_escape(out, text);
	g_string_append_c(out, '"');
}

/* The finding as text: where, the other side, what to do. */
static void append_body(const ReportInput *input, const Finding *finding, GString *out)
{
	g_autoptr(GString) text = g_string_new(NULL);
	report_append_place(input, finding->span, text);
	g_string_append_printf(text, ": %s\n", finding->message);
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		g_string_append(text, "    ");
		report_append_place(input, finding->evidence[i].span, text);
		g_string_append_printf(text, ": %s\n", finding->evidence[i].text);
	}
	g_string_append_printf(text, "hint: %s\n", finding->hint ? finding->hint : finding->rule->remedy);
	page_escape(out, text->str);
}

static void append_outcome(const ReportInput *input, const Finding *finding, GString *out)
{
	if (finding->suppressed_by) {
		g_string_append(out, "<skipped");
		append_attribute(out, "message", graph_text(input->graph, finding->suppressed_by, FACT_REASON));
		g_string_append(out, "/>");
	} else if (finding->level == LEVEL_INFO) {
		g_string_append(out, "<system-out>");
		append_body(input, finding, out);
		g_string_append(out, "</system-out>");
	} else {
		g_string_append(out, "<failure");
		append_attribute(out, "type", level_word(finding->level));
		append_attribute(out, "message", finding->message);
		g_string_append_c(out, '>');
		append_body(input, finding, out);
		g_string_append(out, "</failure>");
	}
}

static void append_test(const ReportInput *input, const Finding *finding, GString *out)
{
	uint32_t line, column;
	const char *path = graph_file_path(input->graph, finding->span.file);
	graph_position(input->graph, finding->span, &line, &column);
	g_autofree char *name = g_strdup_printf("%s:%u: %s", path, line, finding->message);
	g_string_append(out, "  <testcase");
	append_attribute(out, "classname", finding->rule->id);
	append_attribute(out, "name", name);
	append_attribute(out, "file", path);
	g_string_append_printf(out, " line=\"%u\">", line);
	append_outcome(input, finding, out);
	g_string_append(out, "</testcase>\n");
}

static void render(const ReportInput *input, GString *out)
{
	uint32_t tests = 0, failures = 0, skipped = 0;
	g_autoptr(GString) cases = g_string_new(NULL);
	for (size_t i = 0; i < input->count; i++) {
		const Finding *finding = input->findings[i];
		if (finding->level < input->level)
			continue;
		tests++;
		skipped += finding->suppressed_by != NODE_NONE;
		failures += !finding->suppressed_by && finding->level > LEVEL_INFO;
		append_test(input, finding, cases);
	}
	if (tests == 0) {
		tests = 1;
		g_string_append(cases, "  <testcase classname=\"labwright\" name=\"nothing is wrong\"></testcase>\n");
	}
	g_string_append_printf(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<testsuites><testsuite name=\"labwright\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\">\n"
	        "%s</testsuite></testsuites>\n",
	        tests, failures, skipped, cases->str);
}

const Renderer renderer_junit = {"junit", "JUnit XML, a finding as a test that failed", LEVEL_WARNING, render, false};
