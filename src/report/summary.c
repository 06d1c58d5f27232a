/* The report of an improvement. Every figure is counted from the two states or taken from a commit; what was not
 * measured is said to be so. */
#include "report/summary.h"

#include "base/ip.h"

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

static void add_overview(Page *page, const Summary *summary)
{
	Counts before = count_state(&summary->before), after = count_state(&summary->after);
	page_table(page, "|>before|>after");
	for (Level level = LEVEL_ERROR; level >= LEVEL_INFO; level--) {
		page_cell(page, "%ss", level == LEVEL_INFO ? "note" : level_word(level));
		page_cell(page, "%u", before.at[level]);
		page_cell(page, "%u", after.at[level]);
	}
	page_cell(page, "files");
	page_cell(page, "%u", summary->before.files);
	page_cell(page, "%u", summary->after.files);
	page_cell(page, "commits between them");
	page_cell(page, " ");
	page_cell(page, "%u", summary->commits->len);
}

static const struct {
	const char *name, *title;
} phases[] = {{"structure", "Structure: folders, paths, what is applied"},
        {"resources", "Resources: nodes, requests, replicas"}, {"network", "Network: addresses, ports, host names"},
        {"reliability", "Reliability: builds, references, images, probes, storage"}, {"", "Other commits"}};

static void add_commit(Page *page, const SummaryCommit *commit)
{
	page_heading(page, 4, "%s %s", commit->id, commit->subject);
	g_auto(GStrv) lines = g_strsplit(commit->body, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "- "))
			page_item(page, "%s", *line + 2);
		else if (g_str_has_prefix(*line, "  "))
			page_detail(page, "%s", *line + 2);
	}
}

static void add_phases(Page *page, const Summary *summary)
{
	page_heading(page, 2, "What was done, commit by commit");
	if (summary->commits->len == 0)
		page_text(page, "No commit lies between the two states.");
	for (size_t i = 0; i < G_N_ELEMENTS(phases); i++) {
		bool begun = false;
		for (guint k = 0; k < summary->commits->len; k++) {
			const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, k);
			if (strcmp(commit->phase, phases[i].name) != 0)
				continue;
			if (!begun)
				page_heading(page, 3, "%s", phases[i].title);
			begun = true;
			add_commit(page, commit);
		}
	}
}

static void add_phase_table(Page *page, const Summary *summary)
{
	page_table(page, "phase|>commits|what they did");
	for (size_t i = 0; i < G_N_ELEMENTS(phases); i++) {
		uint32_t count = 0;
		g_autoptr(GString) subjects = g_string_new(NULL);
		for (guint k = 0; k < summary->commits->len; k++) {
			const SummaryCommit *commit = &g_array_index(summary->commits, SummaryCommit, k);
			if (strcmp(commit->phase, phases[i].name) == 0 && ++count)
				g_string_append_printf(subjects, "%s%s", subjects->len ? "; " : "", commit->subject);
		}
		if (!count && *phases[i].name == '\0')
			continue;
		page_cell(page, "%s", *phases[i].name ? phases[i].name : "other");
		page_cell(page, "%u", count);
		page_cell(page, "%s", count ? subjects->str : "nothing");
	}
}

/* ---- findings ----------------------------------------------------------------------------------------------- */

static void add_findings(Page *page, const Summary *summary)
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
}

/* ---- addresses ------------------------------------------------------------------------------------------------ */

typedef struct Uses {
	uint32_t mentions, files;
} Uses;

static Uses count_uses(const Graph *graph, const char *address)
{
	Uses uses = {0};
	Symbol symbol;
	uint32_t last = UINT32_MAX;
	if (!graph_find_symbol(graph, slice_from(address), &symbol))
		return uses;
	GRAPH_TO (graph, FACT_ADDRESS, symbol, row) {
		uint32_t file = graph_file_of(graph, row->subject);
		if (graph_node_type(graph, row->subject) != NODE_MENTION || is_quiet(graph, row->subject))
			continue;
		uses.mentions++;
		uses.files += file != last;
		last = file;
	}
	return uses;
}

static int compare_addresses(const void *a, const void *b)
{
	Ip left = {0}, right = {0};
	ip_parse(slice_from(*(const char *const *)a), &left);
	ip_parse(slice_from(*(const char *const *)b), &right);
	int order = memcmp(left.bytes, right.bytes, sizeof left.bytes);
	return order ? order : g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* Private and overlay addresses that some text mentions, of both states. */
static GPtrArray *collect_addresses(const Summary *summary)
{
	GPtrArray *all = g_ptr_array_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const Graph *graphs[] = {summary->before.graph, summary->after.graph};
	for (size_t i = 0; i < G_N_ELEMENTS(graphs); i++)
		GRAPH_EACH (graphs[i], FACT_ADDRESS, row) {
			Ip ip;
			const char *text = graph_symbol_text(graphs[i], row->object);
			if (graph_node_type(graphs[i], row->subject) != NODE_MENTION ||
			        is_quiet(graphs[i], row->subject) || !ip_parse(slice_from(text), &ip) ||
			        (ip_scope(&ip) != IP_PRIVATE && ip_scope(&ip) != IP_SHARED))
				continue;
			if (g_hash_table_add(seen, (gpointer)text))
				g_ptr_array_add(all, (gpointer)text);
		}
	g_ptr_array_sort(all, compare_addresses);
	return all;
}

static const char *owner_of(const Graph *graph, const char *address)
{
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(address), &symbol))
		return "";
	GRAPH_TO (graph, FACT_ADDRESS, symbol, row)
		if (graph_node_type(graph, row->subject) == NODE_MACHINE)
			return graph_name(graph, row->subject);
	return "";
}

static void add_addresses(Page *page, const Summary *summary)
{
	g_autoptr(GPtrArray) all = collect_addresses(summary);
	page_heading(page, 2, "Addresses");
	if (all->len == 0) {
		page_text(page, "No text mentions a private or overlay address.");
		return;
	}
	page_text(page,
	        "How often each address is written, and in how many files; a machine as labwright.yaml names it.");
	page_table(page, "address|machine|>mentions before|>in files|>mentions after|>in files");
	for (guint i = 0; i < all->len; i++) {
		const char *address = all->pdata[i], *owner = owner_of(summary->after.graph, address);
		Uses before = count_uses(summary->before.graph, address),
		     after = count_uses(summary->after.graph, address);
		page_cell(page, "%s", address);
		page_cell(page, "%s", *owner ? owner : "none that is declared");
		page_cell(page, "%u", before.mentions);
		page_cell(page, "%u", before.files);
		page_cell(page, "%u", after.mentions);
		page_cell(page, "%u", after.files);
	}
}

/* ---- services ------------------------------------------------------------------------------------------------- */

static const char *or_dash(const char *text)
{
	return *text ? text : "–";
}

static void add_services(Page *page, const Graph *graph)
{
	g_autoptr(Catalogue) catalogue = catalogue_new(graph);
	page_heading(page, 2, "Services");
	page_table(page, "name|area|node|>replicas|image|ports|leads to it|probes|requests|data|file");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		page_cell(page, "%s", service->name);
		page_cell(page, "%s", or_dash(service->area));
		page_cell(page, "%s", or_dash(service->node));
		page_cell(page, "%u", service->replicas);
		page_cell(page, "%s", or_dash(service->images));
		page_cell(page, "%s", or_dash(service->ports));
		page_cell(page, "%s", or_dash(service->hosts));
		page_cell(page, "%s", or_dash(service->probes));
		page_cell(page, "%s", or_dash(service->requests));
		page_cell(page, "%s", or_dash(service->data));
		page_cell(page, "%s", service->file);
	}
	page_text(page, "Health and backups of what runs: not measured, since no cluster was asked.");
}

/* ---- what is left ------------------------------------------------------------------------------------------------ */

static void add_left(Page *page, const Summary *summary)
{
	static const struct {
		Level level;
		const char *title;
	} parts[] = {{LEVEL_ERROR, "Next 24 hours: errors"}, {LEVEL_WARNING, "This week: warnings"},
	        {LEVEL_INFO, "This month: notes"}};
	const SummaryState *state = &summary->after;
	page_heading(page, 2, "What is left, and why");
	page_text(page,
	        "No edit of these could be proven from the repository alone, or none was right whatever was meant.");
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		bool begun = false;
		for (size_t k = 0; k < state->count; k++) {
			const Finding *finding = state->findings[k];
			uint32_t line, column;
			if (finding->level != parts[i].level)
				continue;
			if (!begun) {
				page_heading(page, 3, "%s", parts[i].title);
				page_table(page, "where|what|what to do");
			}
			begun = true;
			graph_position(state->graph, finding->span, &line, &column);
			page_cell(page, "%s:%u", graph_file_path(state->graph, finding->span.file), line);
			page_cell(page, "%s [%s]", finding->message, finding->rule->id);
			page_cell(page, "%s",
			        finding->hint           ? finding->hint
			        : finding->rule->remedy ? finding->rule->remedy
			                                : "");
		}
	}
}

static void add_state(Page *page, const char *name, const SummaryState *state)
{
	page_cell(page, "%s", name);
	page_cell(page, "%s", *state->commit ? state->commit : "files as they are on disk");
	page_cell(page, "%u", state->files);
	page_cell(page, "%.2f", (double)state->bytes / 1e6);
	page_cell(page, "%.0f", (double)state->microseconds / 1e3);
}

static void add_measures(Page *page, const Summary *summary)
{
	page_heading(page, 2, "How this was measured");
	page_text(page,
	        "On %s by labwright %s. Each state was read from its commit and checked by every rule:", summary->date,
	        VERSION);
	page_table(page, "state|commit|>files|>MB read|>ms");
	add_state(page, "before", &summary->before);
	add_state(page, "after", &summary->after);
	page_command(page, "labwright check --rev %s", summary->before.revision);
	page_command(page, "labwright check --rev %s", summary->after.revision);
}

Page *summary_page(const Summary *summary)
{
	const char *name = strrchr(summary->root, '/');
	g_autofree char *title = g_strdup_printf("What became of %s", name && name[1] ? name + 1 : summary->root);
	Page *page = page_new(title);
	page_text(page, "From %.10s to %.10s, %s.",
	        *summary->before.commit ? summary->before.commit : "the files on disk",
	        *summary->after.commit ? summary->after.commit : "the files on disk", summary->date);
	add_overview(page, summary);
	if (summary->points->len > 1) {
		g_autoptr(GString) chart = g_string_new(NULL);
		summary_chart(summary->points, chart);
		page_picture(page, chart->str, "Errors and warnings, commit by commit");
	}
	add_phase_table(page, summary);
	page_heading(page, 2, "Placement");
	if (summary->place.svg)
		page_picture(page, summary->place.svg, "Use of each node by resource, before and after the plan");
	if (summary->place.text)
		page_command(page, "%s", summary->place.text);
	else
		page_text(page, "Not measured: labwright.yaml gives no node a capacity.");
	add_findings(page, summary);
	add_addresses(page, summary);
	add_left(page, summary);
	add_services(page, summary->after.graph);
	add_phases(page, summary);
	add_measures(page, summary);
	return page;
}
