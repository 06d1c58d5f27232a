/* The report of an improvement. Every figure is counted from the two states or taken from a commit; what was not
 * measured is said to be so. */
#include "report/summary.h"

/* ---- counting ------------------------------------------------------------------------------------------- */

typedef struct Counts {
	uint32_t at[LEVEL_ERROR + 1];
} Counts;

static Counts count_state(const SummaryState *state)
{
	Counts counts = {0};
	for (size_t i = 0; i < state->count; i++)
		counts.at[state->findings[i]->level]++;
	return counts;
}

static uint32_t count_rule(const SummaryState *state, const Rule *rule)
{
	uint32_t count = 0;
	for (size_t i = 0; i < state->count; i++)
		count += state->findings[i]->rule == rule;
	return count;
}

static uint32_t count_topic(const SummaryState *state, const RuleSet *set, Level level)
{
	uint32_t count = 0;
	for (size_t i = 0; i < state->count; i++) {
		const Finding *finding = state->findings[i];
		count += finding->level == level && finding->rule >= set->rules &&
		         finding->rule < set->rules + set->count;
	}
	return count;
}

/* ---- the summary and the phases ---------------------------------------------------------------------------- */

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

static void add_overview(Page *page, const Summary *summary, const SummaryChange *change)
{
	Counts before = count_state(&summary->before), after = count_state(&summary->after);
	page_text(page, "%u finding%s no longer found, %u new, in %u commit%s.", change->gone->len,
	        plural(change->gone->len), change->fresh->len, summary->commits->len, plural(summary->commits->len));
	page_table(page, "|>before|>after");
	for (Level level = LEVEL_ERROR; level >= LEVEL_INFO; level--) {
		page_cell(page, "%ss", level == LEVEL_INFO ? "note" : level_word(level));
		page_cell(page, "%u", before.at[level]);
		page_cell(page, "%u", after.at[level]);
	}
	page_cell(page, "files");
	page_cell(page, "%u", summary->before.files);
	page_cell(page, "%u", summary->after.files);
}

static const struct {
	const char *name, *title;
} phases[] = {{"structure", "Structure: folders, paths, what is applied"},
        {"resources", "Resources: nodes, requests, volumes"}, {"network", "Network: addresses, ports, host names"},
        {"reliability", "Reliability: builds, references, images, probes, secrets"}, {"", "Other commits"}};

/* A phase that is none of ours is other, too. */
static bool is_of_phase(const SummaryCommit *commit, size_t phase)
{
	size_t own = 0;
	while (own + 1 < G_N_ELEMENTS(phases) && strcmp(commit->phase, phases[own].name) != 0)
		own++;
	return own == phase;
}

static void end_paragraph(Page *page, GString *paragraph)
{
	if (paragraph->len)
		page_text(page, "%s", paragraph->str);
	g_string_truncate(paragraph, 0);
}

static void add_commit(Page *page, const SummaryCommit *commit)
{
	g_autoptr(GString) paragraph = g_string_new(NULL);
	page_heading(page, 4, "%s %s, %s", commit->id, commit->subject, commit->date);
	g_auto(GStrv) lines = g_strsplit(commit->body, "\n", -1);
	for (char **line = lines; *line; line++) {
		bool item = g_str_has_prefix(*line, "- ") || g_str_has_prefix(*line, "* ");
		bool detail = !item && g_str_has_prefix(*line, "  ");
		if (item || detail || **line == '\0')
			end_paragraph(page, paragraph);
		if (item)
			page_item(page, "%s", *line + 2);
		else if (detail)
			page_detail(page, "%s", g_strstrip(*line));
		else if (**line)
			g_string_append_printf(paragraph, "%s%s", paragraph->len ? " " : "", *line);
	}
	end_paragraph(page, paragraph);
}

/* Of a phase all are shown; of others, the newest. */
#define MOST_OTHERS 50

static uint32_t count_phase(const Summary *summary, size_t phase)
{
	uint32_t count = 0;
	for (guint i = 0; i < summary->commits->len; i++)
		count += is_of_phase(&g_array_index(summary->commits, SummaryCommit, i), phase);
	return count;
}

/* ---- what brought it ------------------------------------------------------------------------------------------ */

static const SummaryPoint *point_at(const GArray *points, guint index)
{
	return &g_array_index(points, SummaryPoint, index);
}

static const SummaryPoint *find_point(const GArray *points, const char *id)
{
	for (guint i = 0; i < points->len; i++)
		if (strcmp(point_at(points, i)->id, id) == 0)
			return point_at(points, i);
	return NULL;
}

typedef struct Share {
	int errors, warnings;
	bool is_measured;
} Share;

/* Each commit against the one it was made on. What a merge brings is counted where it was made. */
static Share share_of(const Summary *summary, size_t phase)
{
	Share share = {0, 0, true};
	bool has_phases = count_phase(summary, G_N_ELEMENTS(phases) - 1) < summary->commits->len;
	for (guint i = 0; i < summary->commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, i);
		if (!is_of_phase(commit, phase) || (has_phases && commit->merges))
			continue;
		const SummaryPoint *before = find_point(summary->points, commit->parent),
		                   *point = find_point(summary->points, commit->id);
		if (!before || !point)
			return (Share){0, 0, false};
		share.errors += (int)point->errors - (int)before->errors;
		share.warnings += (int)point->warnings - (int)before->warnings;
	}
	return share;
}

static void add_share(Page *page, bool is_measured, int share)
{
	if (!is_measured)
		page_cell(page, "not measured");
	else
		page_cell(page, "%s%d", share < 0 ? "−" : share > 0 ? "+" : "", ABS(share));
}

static void add_phase_table(Page *page, const Summary *summary)
{
	if (count_phase(summary, G_N_ELEMENTS(phases) - 1) == summary->commits->len)
		return;
	page_table(page, "phase|>commits|>errors|>warnings");
	for (size_t phase = 0; phase < G_N_ELEMENTS(phases); phase++) {
		uint32_t count = count_phase(summary, phase);
		if (!count && *phases[phase].name == '\0')
			continue;
		Share share = share_of(summary, phase);
		page_cell(page, "%s", *phases[phase].name ? phases[phase].name : "other");
		page_cell(page, "%u", count);
		add_share(page, share.is_measured, share.errors);
		add_share(page, share.is_measured, share.warnings);
	}
}

/* Rows of the table under a picture. */
#define MOST_STEPS 25

static uint32_t weight_of(const GArray *points, guint index)
{
	const SummaryPoint *before = point_at(points, index - 1), *point = point_at(points, index);
	return (uint32_t)(ABS((int)point->errors - (int)before->errors) +
	                  ABS((int)point->warnings - (int)before->warnings));
}

/* The least change that is shown: so that there are no more than MOST_STEPS. */
static uint32_t find_least(const GArray *points)
{
	for (uint32_t least = 1;; least++) {
		uint32_t count = 0;
		for (guint i = 1; i < points->len; i++)
			count += weight_of(points, i) >= least;
		if (count <= MOST_STEPS)
			return least;
	}
}

static void add_chart(Page *page, const GArray *points, const char *caption)
{
	if (points->len < 2)
		return;
	g_autoptr(GString) chart = g_string_new(NULL);
	summary_chart(points, chart);
	page_picture(page, chart->str, caption);
}

static void add_steps(Page *page, const GArray *points)
{
	if (points->len < 2)
		return;
	uint32_t least = find_least(points), shown = 0;
	for (guint i = 1; i < points->len; i++) {
		const SummaryPoint *before = point_at(points, i - 1), *point = point_at(points, i);
		if (weight_of(points, i) < least)
			continue;
		if (!shown++)
			page_table(page, "commit|date|what|>errors|>warnings");
		page_cell(page, "%s", point->id);
		page_cell(page, "%s", *point->date ? point->date : "–");
		page_cell(page, "%s", point->subject);
		page_cell(page, "%u → %u", before->errors, point->errors);
		page_cell(page, "%u → %u", before->warnings, point->warnings);
	}
	page_text(page, "%u states were checked; %u of them changed the numbers by %u or more.", points->len, shown,
	        least);
}

static void add_phases(Page *page, const Summary *summary)
{
	page_heading(page, 2, "What was done, commit by commit");
	if (summary->commits->len == 0)
		page_text(page, "No commit lies between the two states.");
	add_steps(page, summary->points);
	for (size_t phase = 0; phase < G_N_ELEMENTS(phases); phase++) {
		uint32_t count = count_phase(summary, phase), at = 0, hidden = 0;
		if (!count)
			continue;
		page_heading(page, 3, "%s", phases[phase].title);
		if (*phases[phase].name == '\0' && count > MOST_OTHERS) {
			hidden = count - MOST_OTHERS;
			page_text(page, "The newest %d; report.json has the %u before them, too.", MOST_OTHERS, hidden);
		}
		for (guint i = 0; i < summary->commits->len; i++) {
			const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, i);
			if (is_of_phase(commit, phase) && at++ >= hidden)
				add_commit(page, commit);
		}
	}
}

static void add_history(Page *page, const Summary *summary)
{
	if (summary->history->len < 2)
		return;
	page_heading(page, 2, "Since the first commit");
	add_chart(page, summary->history, "Errors and warnings since the first commit");
	add_steps(page, summary->history);
}

/* ---- placement ------------------------------------------------------------------------------------------------ */

static void add_percent(Page *page, int percent)
{
	if (percent < 0)
		page_cell(page, "not measured");
	else
		page_cell(page, "%d %%", percent);
}

static void add_placement(Page *page, const Summary *summary)
{
	page_heading(page, 2, "Nodes");
	if (!summary->plan) {
		page_text(page, "Not measured: labwright.yaml gives no node a capacity.");
		return;
	}
	g_autoptr(GString) bars = g_string_new(NULL);
	summary_bars(summary->uses, bars);
	page_picture(page, bars->str, "What each node carries of what it has");
	page_table(page, "node|resource|>of|>before|>after|>planned");
	for (guint i = 0; i < summary->uses->len; i++) {
		const SummaryUse *use = &g_array_index(summary->uses, SummaryUse, i);
		page_cell(page, "%s", use->node);
		page_cell(page, "%s", use->resource);
		page_cell(page, "%s", use->capacity);
		add_percent(page, use->before);
		add_percent(page, use->after);
		add_percent(page, use->planned);
	}
	if (summary->unplaced)
		page_text(page,
		        "%u pod%s of the state after no node may take, or has room for: after and planned are without "
		        "them.",
		        summary->unplaced, plural(summary->unplaced));
	page_text(page, "%s",
	        summary->usage
	                ? "Before: where pods ran when the cluster was asked, by the larger of request and measured "
	                  "peak, or by an estimate where there is neither. After: the state after is applied; pods "
	                  "that may not stay where they are went where the plan has them. Planned: the rest of the "
	                  "plan is done, too. The plan for the state after:"
	                : "Before and after: requests, or estimates where there are none, of the pods that are bound "
	                  "to one node; where the others run, and what any of them uses, is not measured, since no "
	                  "cluster was asked. Planned: all pods are where the plan for the state after has them:");
	page_command(page, "%s", summary->plan);
}

/* ---- findings ----------------------------------------------------------------------------------------------- */

static void add_list(Page *page, const SummaryState *state, const GPtrArray *findings, const char *title)
{
	page_heading(page, 3, "%s", title);
	if (findings->len == 0)
		page_text(page, "None.");
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		uint32_t line, column;
		graph_position(state->graph, finding->span, &line, &column);
		page_item(page, "%s: %s:%u: %s [%s]",
		        finding->level == LEVEL_INFO ? "note" : level_word(finding->level),
		        graph_file_path(state->graph, finding->span.file), line, finding->message, finding->rule->id);
	}
}

static void add_findings(Page *page, const Summary *summary, const SummaryChange *change)
{
	page_heading(page, 2, "Findings before and after");
	page_table(page, "topic|>errors before|>after|>warnings before|>after");
	for (const RuleSet *const *set = rule_sets(); *set; set++) {
		uint32_t counts[] = {count_topic(&summary->before, *set, LEVEL_ERROR),
		        count_topic(&summary->after, *set, LEVEL_ERROR),
		        count_topic(&summary->before, *set, LEVEL_WARNING),
		        count_topic(&summary->after, *set, LEVEL_WARNING)};
		if (!counts[0] && !counts[1] && !counts[2] && !counts[3])
			continue;
		page_cell(page, "%s", (*set)->topic);
		for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
			page_cell(page, "%u", counts[i]);
	}
	page_heading(page, 3, "By rule");
	page_table(page, "rule|what it finds|>before|>after");
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++) {
			const Rule *rule = &(*set)->rules[i];
			uint32_t before = count_rule(&summary->before, rule), after = count_rule(&summary->after, rule);
			if (!before && !after)
				continue;
			page_cell(page, "%s", rule->id);
			page_cell(page, "%s", rule->title);
			page_cell(page, "%u", before);
			page_cell(page, "%u", after);
		}
	add_list(page, &summary->before, change->gone, "No longer found");
	add_list(page, &summary->after, change->fresh, "New");
}

/* ---- addresses ------------------------------------------------------------------------------------------------ */

static void add_addresses(Page *page, const Summary *summary)
{
	g_autoptr(GArray) all = summary_addresses(summary);
	uint32_t nobodys = 0;
	page_heading(page, 2, "Addresses");
	if (all->len == 0) {
		page_text(page, "No text mentions a private or overlay address.");
		return;
	}
	for (guint i = 0; i < all->len; i++)
		nobodys += *g_array_index(all, SummaryAddress, i).host == '\0';
	page_text(page,
	        "How often each private or overlay address is written, and in how many files; archived, generated and "
	        "example files are not counted. %u of %u belong to no host that labwright.yaml or a text names.",
	        nobodys, all->len);
	page_table(page, "address|host|>mentions before|>in files|>mentions after|>in files");
	for (guint i = 0; i < all->len; i++) {
		const SummaryAddress *one = &g_array_index(all, SummaryAddress, i);
		page_cell(page, "%s", one->address);
		page_cell(page, "%s", *one->host ? one->host : "none that is named");
		page_cell(page, "%u", one->before);
		page_cell(page, "%u", one->before_files);
		page_cell(page, "%u", one->after);
		page_cell(page, "%u", one->after_files);
	}
}

/* ---- how it was measured ------------------------------------------------------------------------------------- */

static void add_state(Page *page, const char *name, const SummaryState *state)
{
	page_cell(page, "%s", name);
	if (state->staged)
		page_cell(page, "%s and %u staged file%s", state->commit, state->staged, plural(state->staged));
	else
		page_cell(page, "%s", state->commit);
	page_cell(page, "%u", state->files);
	page_cell(page, "%.2f", (double)state->bytes / 1e6);
	page_cell(page, "%.0f", (double)state->microseconds / 1e3);
}

static void add_measures(Page *page, const Summary *summary)
{
	page_heading(page, 2, "How this was measured");
	page_text(page,
	        "On %s by labwright %s. Each state was read from Git and checked by every rule; silenced findings are "
	        "left "
	        "out. The same findings are printed by:",
	        summary->date, VERSION);
	page_command(page, "%s", summary->before.command);
	page_command(page, "%s", summary->after.command);
	page_table(page, "state|commit|>files|>MB read|>ms");
	add_state(page, "before", &summary->before);
	add_state(page, "after", &summary->after);
	uint32_t others = MAX(summary->points->len, 2) - 2 + summary->history->len;
	if (others)
		page_text(page, "For the pictures, %u more states were read and checked in the same way.", others);
}

Page *summary_page(const Summary *summary)
{
	const char *name = strrchr(summary->root, '/');
	g_autofree char *title = g_strdup_printf("What became of %s", name && name[1] ? name + 1 : summary->root);
	Page *page = page_new(title);
	SummaryChange change = summary_compare(&summary->before, &summary->after, summary->moved);
	if (summary->after.staged)
		page_text(page, "From %.10s to what is staged on %.10s (%u file%s), %s.", summary->before.commit,
		        summary->after.commit, summary->after.staged, plural(summary->after.staged), summary->date);
	else
		page_text(
		        page, "From %.10s to %.10s, %s.", summary->before.commit, summary->after.commit, summary->date);
	add_overview(page, summary, &change);
	add_phase_table(page, summary);
	add_chart(page, summary->points, "Errors and warnings, commit by commit");
	add_placement(page, summary);
	summary_add_left(page, summary);
	add_findings(page, summary, &change);
	add_addresses(page, summary);
	summary_add_services(page, &summary->after);
	add_phases(page, summary);
	add_history(page, summary);
	add_measures(page, summary);
	summary_change_clear(&change);
	return page;
}
