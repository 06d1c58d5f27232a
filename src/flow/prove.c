/* The proof of edits: the same work done again on what would be, and compared with what is.
 *
 * Findings are the same when their fingerprints are, or when the same rule speaks of the place that the old place
 * became. Whatever is wrong is laid at the door of the findings with edits in the files that it speaks of; of all,
 * where it speaks of none of them. */
#include "flow/prove.h"
#include "flow/suspect.h"

const Edit *proof_edits(const Proof *proof, uint32_t file, size_t *ret_count)
{
	return edits_of_file((const Edit *)(void *)proof->edits->data, proof->edits->len, file, ret_count);
}

static void suspect(Proof *proof, Finding *finding, const char *why, bool certain)
{
	if (!g_hash_table_contains(proof->suspects, finding))
		g_hash_table_insert(proof->suspects, finding, (gpointer)why);
	if (certain)
		g_hash_table_add(proof->certain, finding);
}

static bool edits_file(const Finding *finding, uint32_t file)
{
	for (uint32_t i = 0; i < finding->n_edits; i++)
		if (finding->edits[i].file == file)
			return true;
	return false;
}

/* ---- making the edits -------------------------------------------------------------------------------- */

static void collect_edits(Proof *proof, const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		g_array_append_vals(proof->edits, finding->edits, finding->n_edits);
	}
	g_array_sort(proof->edits, edit_compare);
	Edit *edits = (Edit *)(void *)proof->edits->data;
	guint kept = 0;
	for (guint i = 0; i < proof->edits->len; i++)
		if (kept == 0 || !edit_equal(&edits[kept - 1], &edits[i]))
			edits[kept++] = edits[i];
	g_array_set_size(proof->edits, kept);
}

/* False where an edit does not fit the text. */
static bool make_edits(Proof *proof, const Graph *graph)
{
	const Edit *edits = (const Edit *)(const void *)proof->edits->data;
	for (guint i = 0; i < proof->edits->len;) {
		size_t count;
		uint32_t file = edits[i].file;
		const Edit *own = proof_edits(proof, file, &count);
		Slice *text = ARENA_NEW(proof->arena, Slice);
		FileState *state = ARENA_NEW(proof->arena, FileState);
		const char *path = graph_file_path(graph, file);
		if (!edit_apply(graph_file_bytes(graph, file), own, count, proof->arena, text))
			return false;
		*state = (FileState){path, text};
		g_hash_table_insert(proof->overlay, (gpointer)path, state);
		i += (guint)count;
	}
	return true;
}

/* Files of the disk that an edited ignore rule lets in. */
static void add_tracked_files(
        Proof *proof, const Repo *repo, const Repo *checkout, const Graph *graph, const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		for (guint k = 0; finding->tracked && k < finding->tracked->len; k++) {
			const char *path = finding->tracked->pdata[k];
			Slice *text = ARENA_NEW(proof->arena, Slice);
			FileState *state = ARENA_NEW(proof->arena, FileState);
			if (graph_find_file(graph, slice_from(path)))
				continue;
			if (!repo_read_path(repo, path, proof->arena, text) &&
			        (!checkout || !repo_read_path(checkout, path, proof->arena, text)))
				continue;
			*state = (FileState){NULL, text};
			g_hash_table_insert(proof->overlay, (gpointer)path, state);
		}
	}
}

/* ---- findings ------------------------------------------------------------------------------------------- */

static bool is_active(const Finding *finding)
{
	return !finding->suppressed_by && finding->level > LEVEL_OFF;
}

/* Findings by fingerprint, how many of each; and by rule, path and place, as the place will be. */
typedef struct Known {
	GHashTable *prints; /* → count */
	GHashTable *places; /* → count, of those alone that `unlike` has no fingerprint of */
} Known;

static char *place_key(const Proof *proof, const Graph *graph, const Finding *finding, bool old)
{
	uint32_t at = finding->span.start;
	if (old) {
		size_t count;
		const Edit *edits = proof_edits(proof, finding->span.file, &count);
		at = edit_map(edits, count, at);
	}
	return g_strdup_printf("%s\n%s\n%u", finding->rule->id, graph_file_path(graph, finding->span.file), at);
}

static uint32_t count_of(GHashTable *counts, const char *key)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(counts, key));
}

static void count_one(GHashTable *counts, char *key)
{
	g_hash_table_insert(counts, key, GUINT_TO_POINTER(count_of(counts, key) + 1));
}

static Known known_of(const Proof *proof, const Graph *graph, const Check *check, bool old, const Known *unlike)
{
	Known known = {g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
	for (size_t i = 0; i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (!is_active(finding))
			continue;
		char *print = finding_fingerprint(graph, finding);
		if (!unlike || !count_of(unlike->prints, print))
			count_one(known.places, place_key(proof, graph, finding, old));
		count_one(known.prints, print);
	}
	return known;
}

static void known_clear(Known *known)
{
	g_hash_table_unref(known->prints);
	g_hash_table_unref(known->places);
}

/* The file of the old graph that has the path. */
static bool old_file(const Graph *old, const Graph *now, uint32_t file, uint32_t *ret_file)
{
	Node node = graph_find_file(old, slice_from(graph_file_path(now, file)));
	if (node)
		*ret_file = graph_file_of(old, node);
	return node != NODE_NONE;
}

/* What a graver finding hid comes to light when that is mended: a Service that found no pods now finds some without
 * probes. It is not of the edits' making where they touch nothing of its place, and all of them are made. */
static bool is_revealed(const Proof *proof, const Finding *mended, const Finding *fresh, uint32_t file)
{
	size_t count;
	const Edit *edits = proof_edits(proof, file, &count);
	return mended->kept != KEPT_SOME && fresh->level < mended->level &&
	       !edit_made_touches(edits, count, fresh->span.start, fresh->span.end);
}

/* What a new finding is laid to: findings with edits where it speaks. */
typedef struct Fresh {
	Proof *proof;
	const Graph *old;
	const GPtrArray *findings;
	const Finding *finding;
	const char *why;
} Fresh;

static bool edits_spoken_of(guint change, uint32_t spoken, void *data)
{
	const Fresh *fresh = data;
	uint32_t file;
	return old_file(fresh->old, fresh->proof->scan->graph, spoken, &file) &&
	       edits_file(fresh->findings->pdata[change], file);
}

static void suspect_unless_revealed(guint change, const uint32_t *spoken, void *data)
{
	const Fresh *fresh = data;
	uint32_t file;
	Finding *mended = fresh->findings->pdata[change];
	if (!spoken || !old_file(fresh->old, fresh->proof->scan->graph, *spoken, &file) ||
	        !is_revealed(fresh->proof, mended, fresh->finding, file))
		suspect(fresh->proof, mended, fresh->why, false);
}

/* Gone are as many findings of a fingerprint as were mended, and nothing else of the rule came to their place. */
static void compare_mended(
        Proof *proof, const Graph *old, const GPtrArray *findings, const Known *before, const Known *after)
{
	g_autoptr(GHashTable) mended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < findings->len; i++)
		count_one(mended, finding_fingerprint(old, findings->pdata[i]));
	for (guint i = 0; i < findings->len; i++) {
		Finding *finding = findings->pdata[i];
		if (finding->kept == KEPT_MENTIONS)
			continue;
		g_autofree char *print = finding_fingerprint(old, finding),
		                *place = place_key(proof, old, finding, true);
		uint32_t left = count_of(before->prints, print) - count_of(mended, print);
		if (count_of(after->prints, print) > left || count_of(after->places, place))
			suspect(proof, finding, "the finding would still be there", count_of(mended, print) == 1);
	}
}

/* What stays of a finding whose owner left some places as they are; it may be reported at another of them now. */
static bool is_left_over(const GPtrArray *findings, const Finding *fresh)
{
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		if (finding->kept == KEPT_MENTIONS && finding->rule == fresh->rule && *fresh->detail &&
		        strcmp(finding->detail, fresh->detail) == 0)
			return true;
	}
	return false;
}

static void compare_findings(Proof *proof, const Scan *scan, const Check *check, const GPtrArray *findings)
{
	const Graph *old = scan->graph, *now = proof->scan->graph;
	Known before = known_of(proof, old, check, true, NULL);
	Known after = known_of(proof, now, proof->check, false, &before);
	compare_mended(proof, old, findings, &before, &after);
	for (size_t i = 0; i < proof->check->count; i++) {
		const Finding *fresh = proof->check->findings[i];
		g_autofree char *print = finding_fingerprint(now, fresh), *place = place_key(proof, now, fresh, false);
		if (!is_active(fresh) || count_of(before.prints, print) || count_of(before.places, place) ||
		        is_left_over(findings, fresh))
			continue;
		uint32_t line, column;
		graph_position(now, fresh->span, &line, &column);
		Fresh brought = {proof, old, findings, fresh,
		        arena_printf(proof->arena, "it would bring %s [%s] at %s:%u", fresh->message, fresh->rule->id,
		                graph_file_path(now, fresh->span.file), line)};
		suspects_accuse(&(Suspects){findings->len, edits_spoken_of, suspect_unless_revealed, &brought}, fresh);
	}
	known_clear(&before);
	known_clear(&after);
}

/* How many of a finding's places lie in the bytes that an edit changes. */
static uint32_t places_in(const Finding *finding, const Edit *edit)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i <= finding->n_evidence; i++) {
		Span place = i ? finding->evidence[i - 1].span : finding->span;
		count += place.file == edit->file && place.start < MAX(edit->end, edit->start + 1) &&
		         place.end > edit->start;
	}
	return count;
}

/* The edit changes the value; or adds to it, where that is a collection of several lines. */
static bool changes_value(const Graph *graph, const Edit *edit, Span value)
{
	bool lines = slice_find_byte(graph_span_bytes(graph, value), '\n', 0) != SIZE_MAX;
	uint32_t end = value.end + (lines ? 2 : 0);
	return edit->file == value.file && edit->start >= value.start &&
	       (edit->start == edit->end ? edit->start < end : edit->end <= value.end);
}

/* What is wrong is wrong for all that read a value: where it stands, and where an alias stands for it. */
static void compare_users(Proof *proof, const Graph *old, const GPtrArray *findings, Finding *finding, const Row *row)
{
	for (uint32_t i = 0; i < finding->n_edits; i++) {
		const Edit *edit = &finding->edits[i];
		uint32_t agree = 0;
		if (!changes_value(old, edit, graph_span(old, row)))
			continue;
		for (guint k = 0; k < findings->len; k++) {
			const Finding *other = findings->pdata[k];
			for (uint32_t n = 0; n < other->n_edits; n++)
				agree += edit_equal(&other->edits[n], edit) ? places_in(other, edit) : 0;
		}
		if (agree < row->object + 1)
			suspect(proof, finding, "an alias stands for this value elsewhere, and nothing is wrong there",
			        true);
	}
}

static void compare_aliases(Proof *proof, const Graph *old, const GPtrArray *findings)
{
	GRAPH_EACH (old, FACT_ALIASES, row)
		for (guint k = 0; k < findings->len; k++)
			if (edits_file(findings->pdata[k], graph_span(old, row).file))
				compare_users(proof, old, findings, findings->pdata[k], row);
}

static void compare_facts(Proof *proof, const Scan *scan, const GPtrArray *findings)
{
	const Edit *edits = (const Edit *)(const void *)proof->edits->data;
	for (guint i = 0; i < proof->edits->len; i++) {
		if (i > 0 && edits[i].file == edits[i - 1].file)
			continue;
		const char *why = proof_unannounced(proof, scan->graph, edits[i].file);
		for (guint k = 0; why && k < findings->len; k++)
			if (edits_file(findings->pdata[k], edits[i].file))
				suspect(proof, findings->pdata[k], why, false);
	}
}

/* ---- the proof --------------------------------------------------------------------------------------- */

Proof *proof_new(
        const Repo *repo, const Repo *checkout, const Scan *scan, const Check *check, const GPtrArray *findings)
{
	Proof *proof = g_new0(Proof, 1);
	proof->edits = g_array_new(FALSE, FALSE, sizeof(Edit));
	proof->overlay = g_hash_table_new(g_str_hash, g_str_equal);
	proof->arena = arena_new();
	proof->suspects = g_hash_table_new(NULL, NULL);
	proof->certain = g_hash_table_new(NULL, NULL);
	collect_edits(proof, findings);
	if (!make_edits(proof, scan->graph)) {
		for (guint i = 0; i < findings->len; i++)
			suspect(proof, findings->pdata[i], "its edits overlap", false);
		return proof;
	}
	add_tracked_files(proof, repo, checkout, scan->graph, findings);
	CheckOptions all = {.also = check->also};
	proof->scan = scan_again(scan, proof->overlay);
	proof->check = check_new(proof->scan, &all, NULL);
	compare_findings(proof, scan, check, findings);
	compare_facts(proof, scan, findings);
	compare_aliases(proof, scan->graph, findings);
	return proof;
}

void proof_free(Proof *proof)
{
	if (!proof)
		return;
	check_free(proof->check);
	scan_free(proof->scan);
	g_array_unref(proof->edits);
	g_hash_table_unref(proof->overlay);
	g_hash_table_unref(proof->suspects);
	g_hash_table_unref(proof->certain);
	arena_free(proof->arena);
	g_free(proof);
}
