/* Which findings of one state are in the other. Numbers of lines say nothing, since all edits shift them; a name may
 * have changed with what it is the name of. So there are rounds, from the sure to the likely, and only what no
 * round pairs is called mended or new: rather a new finding that counts as an old one than an old one that looks new.
 */
#include "report/summary.h"

#include "base/path.h"

typedef struct Side {
	const SummaryState *state;
	GHashTable *moved; /* NULL for the state after */
} Side;

/* In which words a finding is the same in both states. The last is for states of which nobody says what moved. */
typedef enum Round { ROUND_EXACT, ROUND_SUBJECT, ROUND_MESSAGE, ROUND_PLACES, ROUND_NAME } Round;

static const char *path_of(const Side *side, Span span)
{
	const char *path = graph_file_path(side->state->graph, span.file);
	const char *moved = side->moved ? g_hash_table_lookup(side->moved, path) : NULL;
	return moved ? moved : path;
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* All files that it speaks of, each once: which of two sides a finding is reported at is a matter of their order. */
static char *key_of_places(const Side *side, const Finding *finding)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	GString *key = g_string_new(finding->rule->id);
	g_ptr_array_add(paths, (gpointer)path_of(side, finding->span));
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		g_ptr_array_add(paths, (gpointer)path_of(side, finding->evidence[i].span));
	g_ptr_array_sort(paths, compare_paths);
	for (guint i = 0; i < paths->len; i++)
		if (i == 0 || strcmp(paths->pdata[i - 1], paths->pdata[i]) != 0)
			g_string_append_printf(key, "\n%s", (const char *)paths->pdata[i]);
	return g_string_free(key, FALSE);
}

static char *key_of(const Side *side, const Finding *finding, Round round)
{
	const Graph *graph = side->state->graph;
	const char *detail = finding->detail ? finding->detail : "";
	const char *path = path_of(side, finding->span);
	if (round == ROUND_PLACES)
		return key_of_places(side, finding);
	if (round == ROUND_NAME)
		return g_strdup_printf("%s\n%s\n%s", finding->rule->id, path_name(slice_from(path)).at,
		        graph_name(graph, finding->subject));
	if (round == ROUND_MESSAGE)
		return g_strdup_printf("%s\n%s", finding->rule->id, finding->message);
	if (round == ROUND_SUBJECT)
		return g_strdup_printf("%s\n%s\n%s", finding->rule->id, path, graph_name(graph, finding->subject));
	/* What is described by its own path is described by the new one. */
	g_autofree char *subject = graph_describe(graph, finding->subject);
	const char *old = graph_file_path(graph, finding->span.file);
	return g_strdup_printf(
	        "%s\n%s\n%s\n%s", finding->rule->id, path, strcmp(subject, old) == 0 ? path : subject, detail);
}

/* FNV-1a: two of some thousand keys are the same by chance once in a million million reports. */
static uint64_t hash_of(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 0x100000001b3;
	return hash;
}

GArray *summary_traces(const SummaryState *state, GHashTable *moved)
{
	Side side = {state, moved};
	GArray *traces = g_array_sized_new(FALSE, FALSE, sizeof(SummaryTrace), (guint)state->count);
	for (size_t i = 0; i < state->count; i++) {
		SummaryTrace trace = {.rule = state->findings[i]->rule};
		for (Round round = 0; round < SUMMARY_ROUNDS; round++) {
			g_autofree char *key = key_of(&side, state->findings[i], round);
			trace.keys[round] = hash_of(key);
		}
		g_array_append_val(traces, trace);
	}
	return traces;
}

static uint64_t *key_at(const GArray *traces, guint index, Round round)
{
	return &g_array_index(traces, SummaryTrace, index).keys[round];
}

/* partners: of each of the state after its number in the state before, where it has one; may be NULL. */
static void pair(const GArray *before, const GArray *after, Round round, bool *paired_before, bool *paired_after,
        guint *partners)
{
	/* Key → list of places in the state before; each is taken once. */
	g_autoptr(GHashTable) waiting =
	        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)g_array_unref);
	for (guint i = before->len; i-- > 0;) {
		if (paired_before[i])
			continue;
		GArray *list = g_hash_table_lookup(waiting, key_at(before, i, round));
		if (!list)
			g_hash_table_insert(
			        waiting, key_at(before, i, round), list = g_array_new(FALSE, FALSE, sizeof i));
		g_array_append_val(list, i);
	}
	for (guint i = 0; i < after->len; i++) {
		GArray *list = paired_after[i] ? NULL : g_hash_table_lookup(waiting, key_at(after, i, round));
		if (!list || list->len == 0)
			continue;
		guint other = g_array_index(list, guint, list->len - 1);
		paired_after[i] = paired_before[other] = true;
		if (partners)
			partners[i] = other;
		g_array_set_size(list, list->len - 1);
	}
}

void summary_pair(const GArray *before, const GArray *after, bool loosely, bool *paired_before, bool *paired_after)
{
	for (Round round = 0; round < (loosely ? ROUND_NAME + 1 : ROUND_NAME); round++)
		pair(before, after, round, paired_before, paired_after, NULL);
}

static GPtrArray *unpaired(const SummaryState *state, const bool *paired)
{
	GPtrArray *list = g_ptr_array_new();
	for (size_t i = 0; i < state->count; i++)
		if (!paired[i])
			g_ptr_array_add(list, state->findings[i]);
	return list;
}

SummaryChange summary_compare(const SummaryState *before, const SummaryState *after, GHashTable *moved)
{
	g_autoptr(GArray) old = summary_traces(before, moved), now = summary_traces(after, NULL);
	g_autofree bool *paired_before = g_new0(bool, old->len + 1), *paired_after = g_new0(bool, now->len + 1);
	g_autofree guint *partners = g_new0(guint, now->len + 1);
	for (Round round = 0; round < ROUND_NAME; round++)
		pair(old, now, round, paired_before, paired_after, partners);
	SummaryChange change = {
	        unpaired(before, paired_before), unpaired(after, paired_after), g_hash_table_new(NULL, NULL)};
	for (size_t i = 0; i < after->count; i++)
		if (paired_after[i])
			g_hash_table_insert(change.pairs, after->findings[i], before->findings[partners[i]]);
	return change;
}

void summary_change_clear(SummaryChange *change)
{
	g_ptr_array_unref(change->gone);
	g_ptr_array_unref(change->fresh);
	g_hash_table_unref(change->pairs);
}
