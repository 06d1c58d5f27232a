/* The history as a picture by weeks, and as a list of the commits that changed most. */
#include "report/summary.h"

/* Rows of the list. */
#define MOST_STEPS 20

static const SummaryStep *step_at(const GArray *steps, guint index)
{
	return &g_array_index(steps, SummaryStep, index);
}

/* Commits of an improvement are told where it is. */
static bool is_listed(const SummaryStep *step, uint32_t least)
{
	return !*step->commit->phase && step->brought + step->gone >= least;
}

/* The least change that is shown: so that there are no more than MOST_STEPS. */
static uint32_t find_least(const GArray *steps)
{
	for (uint32_t least = 1;; least++) {
		uint32_t count = 0;
		for (guint i = 0; i < steps->len; i++)
			count += is_listed(step_at(steps, i), least);
		if (count <= MOST_STEPS)
			return least;
	}
}

static void add_change(Page *page, uint32_t count, const char *rules)
{
	if (count)
		page_cell(page, "%s", rules);
	else
		page_cell(page, "–");
}

static void add_step(Page *page, const SummaryStep *step)
{
	const SummaryCommit *commit = step->commit;
	page_cell(page, "%s", commit->date);
	page_cell(page, "%s", commit->id);
	if (step->commits > 1)
		page_cell(page, "one of %u commits up to this: %s", step->commits, commit->subject);
	else
		page_cell(page, "%s", commit->subject);
	add_change(page, step->brought, step->brought_rules);
	add_change(page, step->gone, step->gone_rules);
}

static void add_steps(Page *page, const GArray *steps)
{
	uint32_t least = find_least(steps), all = 0, listed = 0;
	for (guint i = 0; i < steps->len; i++) {
		all += is_listed(step_at(steps, i), 1);
		listed += is_listed(step_at(steps, i), least);
	}
	if (!listed)
		return;
	if (listed < all)
		page_text(
		        page, "The %u changes that brought or removed %u findings or more, of %u:", listed, least, all);
	else
		page_text(page, "Which commits brought and removed them:");
	page_table(page, "=date|=commit|subject|brought|removed");
	for (guint i = 0; i < steps->len; i++)
		if (is_listed(step_at(steps, i), least))
			add_step(page, step_at(steps, i));
}

void summary_add_history(Page *page, const Summary *summary)
{
	if (summary->line->len < 2)
		return;
	g_autoptr(GString) picture = g_string_new(NULL);
	const char *unit = summary->months ? "month" : "week";
	g_autofree char *caption = g_strdup_printf(
	        "Errors and warnings at the end of each %s, and how many each %s brought and removed", unit, unit);
	page_heading(page, 2, "Since the first commit");
	if (summary->periods->len > 1) {
		summary_weeks(summary->periods, summary->months, picture);
		page_picture(page, picture->str, caption);
	}
	page_text(page,
	        "%u of the %u commits on the main line were read and checked, by the rules of today. What a %s brought "
	        "and removed again within itself does not show.",
	        summary->checked, summary->line->len, unit);
	add_steps(page, summary->steps);
}
