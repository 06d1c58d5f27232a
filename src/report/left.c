/* What is left, one row for each rule: the same advice for thirty workloads is one decision. Errors come first; then
 * warnings for which there is an edit, since these cost an evening; then the rest. */
#include "report/summary.h"

#define MOST_PLACES 5

typedef struct Part {
	Level level;
	int with_edit; /* -1: either */
	const char *title;
} Part;

static const Part parts[] = {
        {LEVEL_ERROR, -1, "Next 24 hours: errors"},
        {LEVEL_WARNING, 1, "This week: warnings that an edit mends"},
        {LEVEL_WARNING, 0, "This month: warnings that need a decision or a measurement"},
        {LEVEL_INFO, -1, "When there is time: notes"},
};

static bool has_edit(const Finding *finding)
{
	return finding->n_edits && finding->fix >= FIX_VALUE;
}

static bool is_of(const Part *part, const Rule *rule, const Finding *finding)
{
	return finding->level == part->level && finding->rule == rule &&
	       (part->with_edit < 0 || has_edit(finding) == (part->with_edit == 1));
}

static const char *why_left(const Finding *finding, bool tried)
{
	if (has_edit(finding) && !tried)
		return "labwright improve has an edit for it, and makes it if it can be proven";
	if (has_edit(finding))
		return finding->fix == FIX_SAFE
		               ? "labwright fix has an edit, which was not made or not proven"
		               : "labwright fix --derive has an edit, which was not made or not proven";
	switch (finding->rule->fix) {
	case FIX_NONE:
	case FIX_SAFE:
		return "labwright has no edit for it";
	case FIX_PROPOSAL:
		return "only its owner can decide";
	default:
		return "nothing in the repository says what is right";
	}
}

static void add_places(Page *page, const SummaryState *state, const Part *part, const Rule *rule, uint32_t count)
{
	uint32_t shown = 0;
	const char *last = "";
	for (size_t i = 0; i < state->count && shown < MOST_PLACES; i++) {
		const Finding *finding = state->findings[i];
		uint32_t line, column;
		if (!is_of(part, rule, finding))
			continue;
		graph_position(state->graph, finding->span, &line, &column);
		page_item(page, "%s:%u: %s", graph_file_path(state->graph, finding->span.file), line, finding->message);
		if (finding->hint && strcmp(finding->hint, last) != 0)
			page_detail(page, "to do: %s", last = finding->hint);
		shown++;
	}
	if (count > shown)
		page_item(page, "and %u more: labwright check --rule %s", count - shown, rule->id);
}

static void add_rule(Page *page, const Summary *summary, const Part *part, const Rule *rule, bool *begun)
{
	const SummaryState *state = &summary->after;
	uint32_t count = 0;
	const Finding *first = NULL;
	for (size_t i = 0; i < state->count; i++)
		if (is_of(part, rule, state->findings[i])) {
			first = first ? first : state->findings[i];
			count++;
		}
	if (!count)
		return;
	if (!*begun)
		page_heading(page, 3, "%s", part->title);
	*begun = true;
	page_heading(page, 4, "%u × %s", count, rule->title);
	page_note(
	        page, summary->single ? "%s: %s" : "%s, left because %s", rule->id, why_left(first, !summary->single));
	page_text(page, "%s", rule->remedy ? rule->remedy : rule->why);
	add_places(page, state, part, rule, count);
}

void summary_add_left(Page *page, const Summary *summary)
{
	const SummaryState *state = &summary->after;
	page_heading(page, 2, summary->single ? "What to do" : "What is left, and why");
	if (state->count == 0)
		page_text(page, "Nothing: %s finds nothing.", state->command);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		bool begun = false;
		for (const RuleSet *const *set = rule_sets(); *set; set++)
			for (size_t k = 0; k < (*set)->count; k++)
				add_rule(page, summary, &parts[i], &(*set)->rules[k], &begun);
	}
}
