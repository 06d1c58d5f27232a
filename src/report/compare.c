/* Which findings of one state are in the other. Numbers of lines say nothing, since all edits shift them; a name may
 * have changed with what it is the name of. So there are rounds, from the sure to the likely, and only what no
 * round pairs is called mended or new: rather a new finding that counts as an old one than an old one that looks new.
 */
#include "report/summary.h"

typedef struct Side {
	const SummaryState *state;
	GHashTable *moved; /* NULL for the state after */
	bool *paired;
} Side;

/* In which words a finding is the same in both states. */
typedef enum Round { ROUND_EXACT, ROUND_SUBJECT, ROUND_MESSAGE, ROUND_PLACES, ROUNDS } Round;

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

static void pair(Side *before, Side *after, Round round)
{
	/* Key → list of places in the state before; each is taken once. */
	g_autoptr(GHashTable) waiting =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	for (size_t i = before->state->count; i-- > 0;) {
		if (before->paired[i])
			continue;
		g_autofree char *key = key_of(before, before->state->findings[i], round);
		GArray *list = g_hash_table_lookup(waiting, key);
		if (!list)
			g_hash_table_insert(waiting, g_steal_pointer(&key), list = g_array_new(FALSE, FALSE, sizeof i));
		g_array_append_val(list, i);
	}
	for (size_t i = 0; i < after->state->count; i++) {
		if (after->paired[i])
			continue;
		g_autofree char *key = key_of(after, after->state->findings[i], round);
		GArray *list = g_hash_table_lookup(waiting, key);
		if (!list || list->len == 0)
			continue;
		after->paired[i] = before->paired[g_array_index(list, size_t, list->len - 1)] = true;
		g_array_set_size(list, list->len - 1);
	}
}

static GPtrArray *unpaired(const Side *side)
{
	GPtrArray *list = g_ptr_array_new();
	for (size_t i = 0; i < side->state->count; i++)
		if (!side->paired[i])
			g_ptr_array_add(list, side->state->findings[i]);
	return list;
}

SummaryChange summary_compare(const SummaryState *state_before, const SummaryState *state_after, GHashTable *moved)
{
	Side before = {state_before, moved, g_new0(bool, state_before->count + 1)};
	Side after = {state_after, NULL, g_new0(bool, state_after->count + 1)};
	for (Round round = 0; round < ROUNDS; round++)
		pair(&before, &after, round);
	SummaryChange change = {unpaired(&before), unpaired(&after)};
	g_free(before.paired);
	g_free(after.paired);
	return change;
}

void summary_change_clear(SummaryChange *change)
{
	g_ptr_array_unref(change->gone);
	g_ptr_array_unref(change->fresh);
}
