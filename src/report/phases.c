/* What was done, commit by commit: those of an improvement by its phases, with their reasons; those of people with
 * theirs where they are few, else by their subjects. */
#include "report/summary.h"

static const struct {
	const char *name, *title;
} phases[] = {{"structure", "Structure: folders, paths, what is applied"},
        {"resources", "Resources: nodes, requests, volumes"}, {"network", "Network: addresses, ports, host names"},
        {"reliability", "Reliability: builds, references, images, probes, secrets"}, {"", "Other commits"}};

/* Of other commits, so many are told with their reasons, and so many at all. */
#define MOST_TOLD 10
#define MOST_NAMED 30

/* A phase that is none of ours is other, too. */
static bool is_of_phase(const SummaryCommit *commit, size_t phase)
{
	size_t own = 0;
	while (own + 1 < G_N_ELEMENTS(phases) && strcmp(commit->phase, phases[own].name) != 0)
		own++;
	return own == phase;
}

static uint32_t count_phase(const Summary *summary, size_t phase)
{
	uint32_t count = 0;
	for (guint i = 0; i < summary->commits->len; i++)
		count += is_of_phase(&g_array_index(summary->commits, SummaryCommit, i), phase);
	return count;
}

static bool has_phases(const Summary *summary)
{
	return count_phase(summary, G_N_ELEMENTS(phases) - 1) < summary->commits->len;
}

/* ---- what each phase changed ---------------------------------------------------------------------------------- */

static const SummaryPoint *find_point(const GArray *points, const char *id)
{
	for (guint i = 0; i < points->len; i++) {
		const SummaryPoint *point = &g_array_index(points, SummaryPoint, i);
		if (strcmp(point->id, id) == 0)
			return point;
	}
	return NULL;
}

typedef struct Share {
	int errors, warnings;
	bool is_measured;
} Share;

/* What the commits of a phase changed, where each of them and its parent was checked. A merge brings what the phases
 * did. */
static Share share_of(const Summary *summary, size_t phase)
{
	Share share = {0, 0, true};
	for (guint i = 0; i < summary->commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, i);
		if (!is_of_phase(commit, phase) || (has_phases(summary) && commit->merges))
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

void summary_add_phase_table(Page *page, const Summary *summary)
{
	if (!has_phases(summary))
		return;
	page_table(page, "phase|>commits|>errors|>warnings");
	for (size_t phase = 0; phase < G_N_ELEMENTS(phases); phase++) {
		uint32_t count = count_phase(summary, phase);
		if (!count && *phases[phase].name == '\0')
			continue;
		Share share = share_of(summary, phase);
		page_cell(page, "%s", *phases[phase].name ? phases[phase].name : "other");
		page_cell(page, "%u", count);
		if (!count) {
			page_cell(page, "–");
			page_cell(page, "–");
			continue;
		}
		add_share(page, share.is_measured, share.errors);
		add_share(page, share.is_measured, share.warnings);
	}
}

/* ---- commits -------------------------------------------------------------------------------------------------- */

static void end_paragraph(Page *page, GString *paragraph)
{
	if (paragraph->len)
		page_text(page, "%s", paragraph->str);
	g_string_truncate(paragraph, 0);
}

/* Signatures, separators and the tables of bots say nothing to whom the report is for; what is proven of every commit
 * is said once. */
static bool is_noise(const char *line)
{
	static const char *const words[] = {"Co-authored-by:", "Signed-off-by:", "Reviewed-by:", "Change-Id:", "|",
	        "---", "Proven by labwright: these findings", "says anything different."};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strncasecmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static void add_body(Page *page, const char *body)
{
	g_autoptr(GString) paragraph = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
	for (char **line = lines; *line; line++) {
		bool item = g_str_has_prefix(*line, "- ") || g_str_has_prefix(*line, "* ");
		bool detail = !item && g_str_has_prefix(*line, "  ");
		if (item || detail || **line == '\0')
			end_paragraph(page, paragraph);
		if (is_noise(*line))
			continue;
		if (item)
			page_item(page, "%s", *line + 2);
		else if (detail)
			page_detail(page, "%s", g_strstrip(*line));
		else if (**line)
			g_string_append_printf(paragraph, "%s%s", paragraph->len ? " " : "", *line);
	}
	end_paragraph(page, paragraph);
}

static void add_commit(Page *page, const SummaryCommit *commit, bool is_told)
{
	if (!is_told) {
		page_item(page, "%s %s: %s", commit->date, commit->id, commit->subject);
		return;
	}
	page_heading(page, 4, "%s", commit->subject);
	page_note(page, "%s, %s", commit->id, commit->date);
	add_body(page, commit->body);
}

static void add_phase(Page *page, const Summary *summary, size_t phase)
{
	uint32_t count = count_phase(summary, phase), at = 0, hidden = 0;
	bool other = *phases[phase].name == '\0';
	if (!count)
		return;
	page_heading(page, 3, "%s", phases[phase].title);
	if (other && count > MOST_NAMED) {
		hidden = count - MOST_NAMED;
		page_text(page, "The newest %d; report.json has the %u before them, too.", MOST_NAMED, hidden);
	}
	for (guint i = 0; i < summary->commits->len; i++) {
		const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, i);
		if (is_of_phase(commit, phase) && at++ >= hidden)
			add_commit(page, commit, !other || count <= MOST_TOLD);
	}
}

void summary_add_phases(Page *page, const Summary *summary)
{
	if (summary->commits->len == 0)
		return;
	page_heading(page, 2, "What was done, commit by commit");
	if (has_phases(summary))
		page_text(page, "Each commit that mends findings was proven before it was made: these findings are "
		                "gone, no other "
		                "came, and nothing else in the files says anything different.");
	for (size_t phase = 0; phase < G_N_ELEMENTS(phases); phase++)
		add_phase(page, summary, phase);
}
