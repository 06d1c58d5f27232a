/* The report for people: what was read, findings by level and rule, each rule cut to what can be taken in, a summary,
 * and one command to type next. Many findings of one rule are mostly one decision, so ten are shown and the rest is
 * counted; the line of a finding stays in the form that every editor understands. */
#include "report/report.h"

#define MOST_FINDINGS 10 /* of one rule */
#define MOST_EVIDENCE 3  /* of one finding */
#define MOST_SKIPPED 5

typedef struct Style {
	const char *bold, *dim, *off;
	const char *levels[LEVEL_ERROR + 1];
	const char *dot, *dash, *more, *clean, *warned, *failed;
} Style;

static Style style_for(const ReportInput *input)
{
	Style style = {"", "", "", {"", "", "", ""}, " - ", " - ", "...", "ok:", "!", "x"};
	if (input->colour) {
		style.bold = "\033[1m";
		style.dim = "\033[2m";
		style.off = "\033[0m";
		style.levels[LEVEL_INFO] = "\033[36m";
		style.levels[LEVEL_WARNING] = "\033[33m";
		style.levels[LEVEL_ERROR] = "\033[31m";
	}
	if (input->unicode) {
		style.dot = " · ";
		style.dash = " — ";
		style.more = "…";
		style.clean = "✓";
		style.warned = "!";
		style.failed = "✗";
	}
	return style;
}

typedef struct Page {
	const ReportInput *input;
	Style style;
	ReportCounts counts;
	const Finding **shown; /* by level, rule and place */
	size_t n_shown;
	GString *out;
} Page;

static void append(Page *page, const char *text)
{
	report_append(page->out, text, page->input->unicode);
}

static void append_count(GString *out, uint32_t count, const char *one)
{
	g_string_append_printf(out, "%u %s%s", count, one, count == 1 ? "" : "s");
}

/* ---- order -------------------------------------------------------------------------------------- */

static uint32_t rule_rank(const Rule *rule)
{
	uint32_t rank = 0;
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		if (rule >= (*set)->rules && rule < (*set)->rules + (*set)->count)
			return rank + (uint32_t)(rule - (*set)->rules);
		rank += (uint32_t)(*set)->count;
	}
	return rank;
}

typedef struct Ranked {
	const Finding *finding;
	uint32_t rank;
	size_t place;
} Ranked;

static int compare_ranked(const void *a, const void *b)
{
	const Ranked *left = a, *right = b;
	if (left->finding->level != right->finding->level)
		return left->finding->level > right->finding->level ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

static void choose_shown(Page *page)
{
	g_autofree Ranked *ranked = g_new(Ranked, MAX(page->input->count, 1));
	for (size_t i = 0; i < page->input->count; i++) {
		const Finding *finding = page->input->findings[i];
		if (report_shows(page->input, finding))
			ranked[page->n_shown++] = (Ranked){finding, rule_rank(finding->rule), i};
	}
	if (page->n_shown > 1)
		qsort(ranked, page->n_shown, sizeof *ranked, compare_ranked);
	page->shown = g_new(const Finding *, MAX(page->n_shown, 1));
	for (size_t i = 0; i < page->n_shown; i++)
		page->shown[i] = ranked[i].finding;
}

/* ---- findings ----------------------------------------------------------------------------------- */

static uint32_t count_files(const Evidence *evidence, uint32_t count)
{
	g_autoptr(GHashTable) files = g_hash_table_new(NULL, NULL);
	for (uint32_t i = 0; i < count; i++)
		g_hash_table_add(files, GUINT_TO_POINTER(evidence[i].span.file));
	return g_hash_table_size(files);
}

static void append_evidence(Page *page, const Finding *finding)
{
	uint32_t count = finding->n_evidence;
	uint32_t most = page->input->all || count == MOST_EVIDENCE + 1 ? count : MIN(count, MOST_EVIDENCE);
	for (uint32_t i = 0; i < most; i++) {
		g_string_append(page->out, "    ");
		report_append_place(page->input, finding->evidence[i].span, page->out);
		g_string_append(page->out, ": ");
		append(page, finding->evidence[i].text);
		g_string_append_c(page->out, '\n');
	}
	if (most < count) {
		uint32_t files = count_files(finding->evidence + most, count - most);
		g_string_append_printf(page->out, "    and %u more in ", count - most);
		append_count(page->out, files, "file");
		g_string_append_c(page->out, '\n');
	}
}

static void append_finding(Page *page, const Finding *finding)
{
	const Style *style = &page->style;
	g_string_append(page->out, style->bold);
	report_append_place(page->input, finding->span, page->out);
	g_string_append_printf(page->out, "%s: %s%s%s: ", style->off, style->levels[finding->level],
	        level_word(finding->level), style->off);
	append(page, finding->message);
	g_string_append_printf(page->out, " %s[%s]%s\n", style->dim, finding->rule->id, style->off);
	append_evidence(page, finding);
	if (finding->hint) {
		g_string_append(page->out, "  hint: ");
		append(page, finding->hint);
		g_string_append_c(page->out, '\n');
	}
}

/* All findings of one rule at one level. What to do is said once where the findings say nothing of their own. */
static void append_group(Page *page, const Finding *const *group, size_t count)
{
	const Rule *rule = group[0]->rule;
	size_t most = page->input->all || count == MOST_FINDINGS + 1 ? count : MIN(count, MOST_FINDINGS);
	bool remedy = false;
	g_string_append_printf(page->out, "\n%s%s", page->style.bold, rule->id);
	g_string_append_printf(page->out, "%s%s%zu%s", page->style.off, page->style.dot, count, page->style.dot);
	append(page, rule->title);
	g_string_append_c(page->out, '\n');
	for (size_t i = 0; i < most; i++) {
		append_finding(page, group[i]);
		remedy |= !group[i]->hint;
	}
	if (remedy && rule->remedy) {
		g_string_append(page->out, "  hint: ");
		append(page, rule->remedy);
		g_string_append_c(page->out, '\n');
	}
	if (most < count)
		g_string_append_printf(page->out, "%s%s %zu more: %s --rule %s --all%s\n", page->style.dim,
		        page->style.more, count - most, page->input->again, rule->id, page->style.off);
}

static void append_findings(Page *page)
{
	static const char *const titles[] = {"", "NOTES", "WARNINGS", "ERRORS"};
	Level level = LEVEL_OFF;
	for (size_t i = 0, end; i < page->n_shown; i = end) {
		const Finding *first = page->shown[i];
		for (end = i + 1; end < page->n_shown; end++)
			if (page->shown[end]->rule != first->rule || page->shown[end]->level != first->level)
				break;
		if (first->level != level) {
			level = first->level;
			g_string_append_printf(page->out, "\n%s%s%s %u%s\n", page->style.bold,
			        page->style.levels[level], titles[level], page->counts.levels[level], page->style.off);
		}
		append_group(page, page->shown + i, end - i);
	}
}

/* ---- around them --------------------------------------------------------------------------------- */

static void append_header(Page *page)
{
	const char *dot = page->style.dot;
	g_string_append_printf(page->out, "%slabwright %s%s%s", page->style.bold, VERSION, page->style.off, dot);
	append(page, page->input->root);
	g_string_append(page->out, dot);
	append_count(page->out, page->counts.files, "file");
	g_string_append(page->out, dot);
	append_count(page->out, page->counts.objects, "object");
	g_string_append(page->out, dot);
	append_count(page->out, page->counts.workloads, "workload");
	if (page->counts.opaque) {
		g_string_append(page->out, dot);
		append_count(page->out, page->counts.opaque, "opaque chart");
		g_string_append(page->out, " not read");
	}
	g_string_append_c(page->out, '\n');
}

/* Files that should have been read and were not. Binary files and submodules are what they are. */
static void append_skipped(Page *page)
{
	const Graph *graph = page->input->graph;
	uint32_t count = 0;
	GRAPH_EACH (graph, FACT_SKIPPED, row) {
		const char *why = graph_symbol_text(graph, row->object);
		if (strcmp(why, "binary") == 0 || strcmp(why, "submodule") == 0)
			continue;
		if (++count > MOST_SKIPPED && !page->input->all)
			continue;
		g_string_append(page->out, count == 1 ? "\n" : "");
		append(page, graph_name(graph, row->subject));
		g_string_append_printf(page->out, ": not read: %s\n", why);
	}
	if (count > MOST_SKIPPED && !page->input->all)
		g_string_append_printf(page->out, "and %u more files were not read\n", count - MOST_SKIPPED);
}

static void append_summary(Page *page)
{
	const uint32_t *levels = page->counts.levels;
	GString *out = page->out;
	Level worst = levels[LEVEL_ERROR] ? LEVEL_ERROR : levels[LEVEL_WARNING] ? LEVEL_WARNING : LEVEL_OFF;
	const char *mark = worst == LEVEL_ERROR     ? page->style.failed
	                   : worst == LEVEL_WARNING ? page->style.warned
	                                            : page->style.clean;
	const char *colour = worst ? page->style.levels[worst] : page->input->colour ? "\033[32m" : "";
	g_string_append_printf(out, "\n%s%s%s ", colour, mark, page->style.off);
	append_count(out, page->counts.files, "file");
	g_string_append(out, ", ");
	append_count(out, page->counts.objects, "object");
	g_string_append(out, ", ");
	append_count(out, page->counts.workloads, "workload");
	if (page->input->microseconds)
		g_string_append_printf(
		        out, " in %" G_GINT64_FORMAT " ms", MAX((page->input->microseconds + 500) / 1000, 1));
	g_string_append(out, page->style.dash);
	append_count(out, levels[LEVEL_ERROR], "error");
	g_string_append(out, ", ");
	append_count(out, levels[LEVEL_WARNING], "warning");
	g_string_append(out, ", ");
	append_count(out, levels[LEVEL_INFO], "note");
	if (page->counts.suppressed)
		g_string_append_printf(out, " (%u suppressed)", page->counts.suppressed);
	g_string_append_c(out, '\n');
}

static void append_next(Page *page)
{
	g_string_append_printf(page->out, "%snext:%s ", page->style.dim, page->style.off);
	if (page->n_shown)
		g_string_append_printf(page->out, "labwright explain %s\n", page->shown[0]->rule->id);
	else if (page->counts.levels[LEVEL_INFO])
		g_string_append_printf(page->out, "%s --level info\n", page->input->again);
	else
		g_string_append(page->out, "labwright rules\n");
}

static void render(const ReportInput *input, GString *out)
{
	Page page = {.input = input, .style = style_for(input), .counts = report_count(input), .out = out};
	choose_shown(&page);
	append_header(&page);
	append_findings(&page);
	append_skipped(&page);
	append_summary(&page);
	append_next(&page);
	g_free(page.shown);
}

const Renderer renderer_text = {"text", "for people, grouped and counted", LEVEL_WARNING, render, false};
