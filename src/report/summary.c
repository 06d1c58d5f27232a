/* The report of an improvement, or of one state where there is nothing to compare. Every figure is counted from the
 * states or taken from a commit; what was not measured is said to be so. What the owner can do comes before what was
 * done, and lists that are long are folded. */
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

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- the overview ---------------------------------------------------------------------------------------- */

/* The resource that is fullest before, or NULL. */
static const SummaryUse *find_fullest(const GArray *uses)
{
	const SummaryUse *found = NULL;
	for (guint i = 0; i < uses->len; i++) {
		const SummaryUse *use = &g_array_index(uses, SummaryUse, i);
		if (use->before >= 0 && use->after >= 0 && (!found || use->before > found->before))
			found = use;
	}
	return found;
}

static void add_tile(Page *page, bool single, const char *what, uint32_t before, uint32_t after, const char *unit)
{
	page_cell(page, "%s", what);
	if (!single)
		page_cell(page, "%u%s", before, unit);
	page_cell(page, "%u%s", after, unit);
}

static void add_tiles(Page *page, const Summary *summary)
{
	bool single = summary->single;
	Counts before = count_state(&summary->before), after = count_state(&summary->after);
	page_tiles(page, single ? "|>now" : "|>before|>after");
	for (Level level = LEVEL_ERROR; level >= LEVEL_INFO; level--) {
		g_autofree char *what = g_strdup_printf("%ss", level == LEVEL_INFO ? "note" : level_word(level));
		add_tile(page, single, what, before.at[level], after.at[level], "");
	}
	add_tile(page, single, "files", summary->before.files, summary->after.files, "");
	const SummaryUse *fullest = find_fullest(summary->uses);
	if (fullest) {
		g_autofree char *what = g_strdup_printf("%s of %s", fullest->resource, fullest->node);
		add_tile(page, single, what, (uint32_t)fullest->before, (uint32_t)fullest->after, " %");
	}
}

static void add_overview(Page *page, const Summary *summary, const SummaryChange *change)
{
	const SummaryState *before = &summary->before, *after = &summary->after;
	if (summary->single)
		page_note(page, "Commit %.10s, read on %s by labwright %s.", after->commit, summary->date, VERSION);
	else if (after->staged)
		page_note(page, "From commit %.10s to what is staged on %.10s (%u file%s), read on %s by labwright %s.",
		        before->commit, after->commit, after->staged, plural(after->staged), summary->date, VERSION);
	else
		page_note(page, "From commit %.10s to %.10s, read on %s by labwright %s.", before->commit,
		        after->commit, summary->date, VERSION);
	if (summary->single)
		page_text(page,
		        "Nothing is compared: no improvement and no branch leads to this commit. --from REV names a "
		        "state to compare with.");
	else
		page_text(page, "%u finding%s no longer found, %u new, in %u commit%s.", change->gone->len,
		        plural(change->gone->len), change->fresh->len, summary->commits->len,
		        plural(summary->commits->len));
}

static void add_chart(Page *page, const Summary *summary)
{
	if (summary->points->len < 3)
		return;
	g_autoptr(GString) chart = g_string_new(NULL);
	summary_chart(summary->points, chart);
	page_picture(page, chart->str, "Errors and warnings, commit by commit");
}

/* ---- placement ------------------------------------------------------------------------------------------------ */

static void add_percent(Page *page, int percent)
{
	if (percent < 0)
		page_cell(page, "not measured");
	else
		page_cell(page, "%d %%", percent);
}

static void add_uses(Page *page, const GArray *uses)
{
	page_table(page, "node|resource|>of|>before|>after|>planned");
	for (guint i = 0; i < uses->len; i++) {
		const SummaryUse *use = &g_array_index(uses, SummaryUse, i);
		page_cell(page, "%s", use->node);
		page_cell(page, "%s", use->resource);
		if (use->stated)
			page_cell(page, "%s, says %s", use->capacity, use->stated);
		else
			page_cell(page, "%s", use->capacity);
		add_percent(page, use->before);
		add_percent(page, use->after);
		add_percent(page, use->planned);
	}
}

static void explain_uses(Page *page, bool asked)
{
	if (asked) {
		page_item(page,
		        "Before: where pods ran when the cluster was asked, by the larger of request and measured "
		        "peak, or by an estimate where there is neither.");
		page_item(page,
		        "After: the state after is applied; pods that may not stay where they are went where the "
		        "plan has them.");
		page_item(page, "Planned: the rest of the plan is done, too.");
		return;
	}
	page_item(page,
	        "Before and after: requests, or estimates where there are none, of the pods that are bound to one "
	        "node; where the others run, and what any of them uses, is not measured, since no cluster was "
	        "asked.");
	page_item(page, "Planned: all pods are where the plan for the state after has them.");
}

static void add_placement(Page *page, const Summary *summary)
{
	if (!summary->plan)
		return;
	page_heading(page, 2, "Nodes");
	g_autoptr(GString) bars = g_string_new(NULL);
	summary_bars(summary->uses, bars);
	page_picture(page, bars->str, "What each node carries of what it has");
	add_uses(page, summary->uses);
	explain_uses(page, summary->usage);
	if (summary->unplaced)
		page_text(page,
		        "%u pod%s of the state after no node may take, or has room for: after and planned are without "
		        "them.",
		        summary->unplaced, plural(summary->unplaced));
	page_fold(page, 3, "The plan for the state after, with its proof");
	page_command(page, "%s", summary->plan);
	page_unfold(page);
}

/* ---- findings ----------------------------------------------------------------------------------------------- */

static void add_list(Page *page, const SummaryState *state, const GPtrArray *findings, const char *title)
{
	if (findings->len == 0)
		return;
	page_fold(page, 3, "%s (%u)", title, findings->len);
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		uint32_t line, column;
		graph_position(state->graph, finding->span, &line, &column);
		page_item(page, "%s: %s:%u: %s [%s]",
		        finding->level == LEVEL_INFO ? "note" : level_word(finding->level),
		        graph_file_path(state->graph, finding->span.file), line, finding->message, finding->rule->id);
	}
	page_unfold(page);
}

static void add_rule(Page *page, const Summary *summary, const RuleSet *set, const Rule *rule)
{
	uint32_t before = count_rule(&summary->before, rule), after = count_rule(&summary->after, rule);
	if (!before && !after)
		return;
	page_cell(page, "%s", set->topic);
	page_cell(page, "%s", rule->id);
	page_cell(page, "%s", rule->title);
	if (!summary->single)
		page_cell(page, "%u", before);
	page_cell(page, "%u", after);
}

static void add_findings(Page *page, const Summary *summary, const SummaryChange *change)
{
	if (summary->before.count == 0 && summary->after.count == 0)
		return;
	page_heading(page, 2, summary->single ? "Findings by rule" : "Findings before and after");
	page_table(
	        page, summary->single ? "topic|=rule|what it finds|>now" : "topic|=rule|what it finds|>before|>after");
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			add_rule(page, summary, *set, &(*set)->rules[i]);
	add_list(page, &summary->before, change->gone, "No longer found");
	add_list(page, &summary->after, change->fresh, "New");
}

/* ---- addresses ------------------------------------------------------------------------------------------------ */

/* Rows of addresses that did not change and that nobody named. */
#define MOST_NAMELESS 15

static bool is_told(const SummaryAddress *one)
{
	return *one->host || one->before != one->after || one->before_files != one->after_files;
}

static void add_address(Page *page, const SummaryAddress *one, bool single)
{
	page_cell(page, "%s", one->address);
	page_cell(page, "%s", *one->host ? one->host : "none that is named");
	if (!single) {
		page_cell(page, "%u", one->before);
		page_cell(page, "%u", one->before_files);
	}
	page_cell(page, "%u", one->after);
	page_cell(page, "%u", one->after_files);
}

/* Those that changed or have a host come before those of which nothing is to be told. */
static void add_addresses(Page *page, const Summary *summary)
{
	g_autoptr(GArray) all = summary_addresses(summary);
	uint32_t nobodys = 0, shown = 0;
	if (all->len == 0)
		return;
	page_heading(page, 2, "Addresses");
	for (guint i = 0; i < all->len; i++)
		nobodys += *g_array_index(all, SummaryAddress, i).host == '\0';
	page_text(page,
	        "How often each private or overlay address is written, and in how many files; archived, dated, "
	        "generated "
	        "and example files are not counted. %u of %u belong to no host that labwright.yaml or a text names.",
	        nobodys, all->len);
	page_table(page, summary->single ? "=address|host|>mentions|>in files"
	                                 : "=address|host|>mentions before|>in files|>mentions after|>in files");
	for (guint i = 0; i < all->len; i++)
		if (is_told(&g_array_index(all, SummaryAddress, i)))
			add_address(page, &g_array_index(all, SummaryAddress, i), summary->single);
	for (guint i = 0; i < all->len; i++) {
		const SummaryAddress *one = &g_array_index(all, SummaryAddress, i);
		if (!is_told(one) && shown++ < MOST_NAMELESS)
			add_address(page, one, summary->single);
	}
	if (shown > MOST_NAMELESS)
		page_note(
		        page, "And %u more of no named host, unchanged; report.json has them.", shown - MOST_NAMELESS);
}

/* ---- how it was measured ------------------------------------------------------------------------------------- */

static void add_unmeasured(Page *page, const Summary *summary)
{
	page_heading(page, 2, "Not measured");
	if (!summary->plan)
		page_item(page,
		        "What the nodes carry: neither labwright.yaml nor a document says what any of them has. "
		        "labwright init writes that file; add capacity: {cpu: 4, memory: 8Gi} to each node.");
	else if (!summary->usage)
		page_item(page,
		        "Where pods run and what they use: no cluster was asked. Save kubectl get pods -A -o json, and "
		        "name it with --usage.");
	page_item(page, "Whether what should run does run, and is healthy: no cluster was asked.");
	page_item(page, "Whether a backup can be restored: none was tried.");
}

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
	        "Each state was read from Git and checked by every rule; silenced findings are left out. The same "
	        "findings are printed by:");
	if (!summary->single)
		page_command(page, "%s", summary->before.command);
	page_command(page, "%s", summary->after.command);
	page_table(page, "state|commit|>files|>MB read|>ms");
	if (!summary->single)
		add_state(page, "before", &summary->before);
	add_state(page, summary->single ? "now" : "after", &summary->after);
	uint32_t others = MAX(summary->points->len, 2) - 2 + summary->checked;
	if (others)
		page_text(page, "For the pictures, %u more states were read and checked in the same way.", others);
}

Page *summary_page(const Summary *summary)
{
	const char *name = strrchr(summary->root, '/');
	g_autofree char *title = g_strdup_printf(
	        summary->single ? "The state of %s" : "What became of %s", name && name[1] ? name + 1 : summary->root);
	Page *page = page_new(title);
	SummaryChange change = summary_compare(&summary->before, &summary->after, summary->moved);
	add_overview(page, summary, &change);
	add_tiles(page, summary);
	summary_add_phase_table(page, summary);
	add_chart(page, summary);
	add_placement(page, summary);
	summary_add_left(page, summary);
	add_addresses(page, summary);
	summary_add_services(page, &summary->after);
	add_findings(page, summary, &change);
	summary_add_phases(page, summary);
	summary_add_history(page, summary);
	add_unmeasured(page, summary);
	add_measures(page, summary);
	summary_change_clear(&change);
	return page;
}
