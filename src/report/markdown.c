/* A comment on a pull request, or the summary of a job: counts, then a table for each level, then the evidence. */
#include "report/page.h"
#include "report/report.h"

/* A comment holds 65,536 characters; what is left out is counted. */
#define MOST_ROWS 100

static void append_row(const ReportInput *input, const Finding *finding, Page *page)
{
	g_autoptr(GString) place = g_string_new(NULL);
	report_append_place(input, finding->span, place);
	page_cell(page, "%s", place->str);
	page_cell(page, "%s", finding->message);
	page_cell(page, "%s", finding->hint ? finding->hint : "");
	page_cell(page, "%s", finding->rule->id);
}

static void append_level(const ReportInput *input, Level level, const char *title, Page *page)
{
	uint32_t rows = 0, count = 0;
	for (size_t i = 0; i < input->count; i++)
		count += report_shows(input, input->findings[i]) && input->findings[i]->level == level;
	if (count == 0)
		return;
	page_heading(page, 2, "%s: %u", title, count);
	page_table(page, "where|what|what to do|rule");
	for (size_t i = 0; i < input->count; i++) {
		const Finding *finding = input->findings[i];
		if (report_shows(input, finding) && finding->level == level && (rows++ < MOST_ROWS || input->all))
			append_row(input, finding, page);
	}
	if (rows > MOST_ROWS && !input->all)
		page_text(page, "%u more: --all shows them.", rows - MOST_ROWS);
}

static void append_evidence(const ReportInput *input, Page *page)
{
	uint32_t shown = 0;
	for (size_t i = 0; i < input->count; i++) {
		const Finding *finding = input->findings[i];
		if (!report_shows(input, finding) || !finding->n_evidence || (shown >= MOST_ROWS && !input->all))
			continue;
		if (shown++ == 0)
			page_heading(page, 2, "Evidence");
		g_autoptr(GString) place = g_string_new(NULL);
		report_append_place(input, finding->span, place);
		page_item(page, "%s: %s", place->str, finding->message);
		for (uint32_t k = 0; k < finding->n_evidence; k++) {
			g_autoptr(GString) other = g_string_new(NULL);
			report_append_place(input, finding->evidence[k].span, other);
			page_detail(page, "%s: %s", other->str, finding->evidence[k].text);
		}
	}
}

static void render(const ReportInput *input, GString *out)
{
	ReportCounts counts = report_count(input);
	g_autoptr(Page) page = page_new("labwright");
	page_text(page,
	        "errors: %u, warnings: %u, notes: %u, silenced: %u; read: files: %u, objects: %u, workloads: %u",
	        counts.levels[LEVEL_ERROR], counts.levels[LEVEL_WARNING], counts.levels[LEVEL_INFO], counts.suppressed,
	        counts.files, counts.objects, counts.workloads);
	append_level(input, LEVEL_ERROR, "Errors", page);
	append_level(input, LEVEL_WARNING, "Warnings", page);
	append_level(input, LEVEL_INFO, "Notes", page);
	append_evidence(input, page);
	page_markdown(page, out);
}

const Renderer renderer_markdown = {
        "markdown", "tables for a comment on a pull request or the summary of a job", LEVEL_WARNING, render, false};
