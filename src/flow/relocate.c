/* The proof of moves: no finding may be new, none may go out of sight, what is applied must be the same objects, and
 * links of documents must lead where they led.
 *
 * A finding that is gone is fine where its place was rewritten, or where it missed a path that is there now: that is
 * mended. Where a file came to a place in which nothing is demanded (an archive, samples, what labwright.yaml ignores),
 * or nothing tells why the finding went, it is only out of sight. A move that its owner asked for may do that, and the
 * reader is told; any other may not. */
#include "flow/relocate.h"
#include "flow/suspect.h"

#include "base/path.h"
#include "rule/gone.h"

const Edit *organize_edits(const Organize *organize, uint32_t file, size_t *ret_count)
{
	const GArray *edits = organize->edits;
	return edits_of_file((const Edit *)(const void *)edits->data, edits->len, file, ret_count);
}

/* ---- the same findings --------------------------------------------------------------------------------------- */

static int compare_lengths(const void *a, const void *b)
{
	size_t left = strlen((*(const PartMove *const *)a)->from), right = strlen((*(const PartMove *const *)b)->from);
	return (left < right) - (left > right);
}

/* A text that names old paths, with the new ones. Free with g_free. */
static char *with_new_paths(const Layout *layout, const char *text)
{
	g_autoptr(GPtrArray) moves = g_ptr_array_new();
	for (guint i = 0; i < layout->moves->len; i++)
		g_ptr_array_add(moves, &g_array_index(layout->moves, PartMove, i));
	g_ptr_array_sort(moves, compare_lengths);
	GString *out = g_string_new(text);
	for (guint i = 0; i < moves->len; i++) {
		const PartMove *move = moves->pdata[i];
		g_string_replace(out, move->from, move->to, 0);
	}
	return g_string_free(out, FALSE);
}

static char *key_of_place(const Organize *organize, const Finding *finding, Span span, bool before)
{
	const Graph *graph = before ? organize->scan->graph : organize->after->graph;
	const char *path = graph_file_path(graph, span.file);
	uint32_t at = span.start;
	if (before) {
		size_t count;
		const Edit *edits = organize_edits(organize, span.file, &count);
		at = edit_map(edits, count, at);
		path = layout_path(organize->layout, path);
	}
	return g_strdup_printf("%s\n%s\n%u", finding->rule->id, path, at);
}

/* A finding is known by its place, by its words or by its detail, whichever stays the same. Those of the state before
 * are written as they would be after. Free each with g_free; the last may be NULL. */
#define KEYS 3
static void keys_of(const Organize *organize, const Finding *finding, bool before, char *ret_keys[KEYS])
{
	const char *id = finding->rule->id;
	g_autofree char *message = before ? with_new_paths(organize->layout, finding->message) : NULL;
	g_autofree char *detail = before ? with_new_paths(organize->layout, finding->detail) : NULL;
	ret_keys[0] = key_of_place(organize, finding, finding->span, before);
	ret_keys[1] = g_strdup_printf("%s\n%s", id, message ? message : finding->message);
	const Graph *graph = before ? organize->scan->graph : organize->after->graph;
	g_autofree char *subject = before ? with_new_paths(organize->layout, graph_name(graph, finding->subject))
	                                  : g_strdup(graph_name(graph, finding->subject));
	ret_keys[2] = *finding->detail ? g_strdup_printf("%s\n\n%s\n%s", id, subject, detail ? detail : finding->detail)
	                               : NULL;
}

static void add_keys(const Organize *organize, const Finding *finding, bool before, GHashTable *set)
{
	char *keys[KEYS];
	keys_of(organize, finding, before, keys);
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i])
			g_hash_table_add(set, keys[i]);
	/* Which of its places begins a finding is a matter of what else is found. */
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		g_hash_table_add(set, key_of_place(organize, finding, finding->evidence[i].span, before));
}

static bool is_known(const Organize *organize, const Finding *finding, bool before, GHashTable *set)
{
	char *keys[KEYS];
	bool known = false;
	keys_of(organize, finding, before, keys);
	for (size_t i = 0; i < KEYS; i++) {
		known = known || (keys[i] && g_hash_table_contains(set, keys[i]));
		g_free(keys[i]);
	}
	return known;
}

/* A drawn tree is drawn anew by its owner; what is said for information stops nobody. */
static bool counts(const Finding *finding)
{
	return !finding->suppressed_by && finding->level > LEVEL_INFO;
}

/* The keys of those of a check that are silenced, or of those that are not. Free with g_hash_table_unref. */
static GHashTable *set_of(const Organize *organize, const Check *check, bool before, bool silenced)
{
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < check->count; i++)
		if ((check->findings[i]->suppressed_by != NODE_NONE) == silenced)
			add_keys(organize, check->findings[i], before, set);
	return set;
}

/* ---- moves -------------------------------------------------------------------------------------------------- */

/* The move that brought the file to its place. */
static bool find_move_to(const Layout *layout, const char *path, guint *ret_index)
{
	for (guint i = 0; i < layout->moves->len; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		size_t length = strlen(move->to);
		if (strncmp(path, move->to, length) == 0 &&
		        (path[length] == '\0' || (move->folder && path[length] == '/'))) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* ---- what a finding is laid to ---------------------------------------------------------------------------- */

/* One finding against the moves. why: by the number of the move, the first reason against it, or NULL. */
typedef struct Objection {
	Organize *organize;
	const Finding *finding;
	const char *reason;
	const char **why;
	bool before;    /* the finding is of the state before */
	bool undecided; /* a move that nobody asked for has to do with it */
} Objection;

static const PartMove *move_at(const Organize *organize, guint index)
{
	return &g_array_index(organize->layout->moves, PartMove, index);
}

static guint index_of(const Organize *organize, const PartMove *move)
{
	return (guint)(move - move_at(organize, 0));
}

static bool moves_file(guint change, uint32_t file, void *data)
{
	const Objection *objection = data;
	const Organize *organize = objection->organize;
	guint brought;
	if (objection->before)
		return layout_move_of(organize->layout, graph_file_path(organize->scan->graph, file)) ==
		       move_at(organize, change);
	return find_move_to(organize->layout, graph_file_path(organize->after->graph, file), &brought) &&
	       brought == change;
}

static void object_to(guint change, const uint32_t *file, void *data)
{
	Objection *objection = data;
	(void)file;
	if (objection->before && move_at(objection->organize, change)->decided)
		return;
	objection->undecided = true;
	if (!objection->why[change])
		objection->why[change] = objection->reason;
}

static bool speaks_of(const Finding *finding, const PartMove *move)
{
	return strstr(finding->message, move->from) || strstr(finding->message, move->to) ||
	       strstr(finding->detail, move->from);
}

/* Those that it names; where it names none, those that brought the files that it speaks of. */
static void object_to_fresh(Organize *organize, const Finding *fresh, const char **why)
{
	const char *path = graph_file_path(organize->after->graph, fresh->span.file);
	Objection objection = {.organize = organize, .finding = fresh, .why = why};
	objection.reason =
	        arena_printf(organize->arena, "it would bring %s [%s] in %s", fresh->message, fresh->rule->id, path);
	guint moves = organize->layout->moves->len;
	for (guint i = 0; i < moves; i++)
		if (speaks_of(fresh, move_at(organize, i)))
			object_to(i, NULL, &objection);
	if (!objection.undecided)
		suspects_accuse(&(Suspects){moves, moves_file, object_to, &objection}, fresh);
}

/* ---- what went out of sight ------------------------------------------------------------------------------- */

/* Why nothing is demanded of a file, "" where something is. */
static const char *quiet_word(const Graph *graph, Node file)
{
	const char *class = graph_text(graph, file, FACT_CLASS);
	return *class ? class : graph_text(graph, file, FACT_QUIET);
}

/* The file in its new place is one of which less is demanded. */
static const char *grew_quiet(const Organize *organize, uint32_t file)
{
	const Graph *old = organize->scan->graph, *now = organize->after->graph;
	const char *path = layout_path(organize->layout, graph_file_path(old, file));
	Node moved = graph_find_file(now, slice_from(path));
	const char *word = moved ? quiet_word(now, moved) : "";
	if (!*word || strcmp(word, quiet_word(old, graph_file_node(old, file))) == 0)
		return NULL;
	return arena_printf(organize->arena, "%s would count as %s there", path, word);
}

/* A place of several lines is a whole object or file, of which another line may have been meant. */
static bool is_rewritten(const Organize *organize, Span span)
{
	size_t count;
	if (slice_find_byte(graph_span_bytes(organize->scan->graph, span), '\n', 0) != SIZE_MAX)
		return false;
	const Edit *edits = organize_edits(organize, span.file, &count);
	return edits && edit_touches(edits, count, span.start, span.end);
}

/* What was rewritten with the moves makes it untrue, or it missed what is at its place now. */
static bool is_mended(const Organize *organize, const Finding *finding)
{
	bool mended = is_rewritten(organize, finding->span);
	for (uint32_t i = 0; i < finding->n_evidence && !mended; i++)
		mended = is_rewritten(organize, finding->evidence[i].span);
	for (guint i = 0; i < organize->layout->moves->len && !mended; i++)
		mended = strstr(finding->message, move_at(organize, i)->to) != NULL;
	return mended;
}

/* Why a finding that is no more is only out of sight; NULL where it is mended. */
static const char *hidden_by(const Organize *organize, const Finding *gone, GHashTable *silenced)
{
	const Graph *old = organize->scan->graph;
	const char *reason = grew_quiet(organize, gone->span.file);
	if (!reason && gone->subject)
		reason = grew_quiet(organize, graph_file_of(old, gone->subject));
	for (uint32_t i = 0; i < gone->n_evidence && !reason; i++)
		reason = grew_quiet(organize, gone->evidence[i].span.file);
	if (!reason && is_known(organize, gone, true, silenced))
		reason = "what silences findings there would silence it";
	return reason || is_mended(organize, gone) ? reason : "nothing of the move mends it";
}

static void look_at_gone(Organize *organize, const Finding *gone, const char *reason, const char **why)
{
	const Graph *graph = organize->scan->graph;
	Objection objection = {.organize = organize, .finding = gone, .why = why, .before = true};
	objection.reason = arena_printf(organize->arena, "it would put out of sight %s [%s] in %s: %s", gone->message,
	        gone->rule->id, graph_file_path(graph, gone->span.file), reason);
	guint moves = organize->layout->moves->len;
	suspects_accuse(&(Suspects){moves, moves_file, object_to, &objection}, gone);
	HiddenFinding hidden = {gone, reason};
	if (!objection.undecided)
		g_array_append_val(organize->hidden, hidden);
}

/* ---- the same objects ------------------------------------------------------------------------------------- */

/* Names under which objects are applied: the same ones, as often. */
static GHashTable *identities(const Graph *graph)
{
	GHashTable *all = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		const char *text = graph_symbol_text(graph, row->object);
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(all, text));
		g_hash_table_insert(all, (gpointer)text, GUINT_TO_POINTER(count + 1));
	}
	return all;
}

/* A kustomization that stood for itself, and that another names now: it can be built as before, but whoever looks for
 * where all begins finds the other alone. */
static bool is_named_now(const Organize *organize, const char *path, guint before, guint after)
{
	g_autofree char *folder = slice_dup(path_folder(slice_from(path)));
	return before == after + 1 && g_hash_table_contains(organize->layout->named, folder);
}

static void compare_objects(const Organize *organize, const char **why)
{
	const Graph *old = organize->scan->graph, *now = organize->after->graph;
	g_autoptr(GHashTable) before = identities(old), after = identities(now);
	GRAPH_EACH (old, FACT_IDENTITY, row) {
		const char *text = graph_symbol_text(old, row->object);
		guint was = GPOINTER_TO_UINT(g_hash_table_lookup(before, text)),
		      is = GPOINTER_TO_UINT(g_hash_table_lookup(after, text));
		const char *path = graph_file_path(old, graph_file_of(old, row->subject));
		if (was == is || is_named_now(organize, path, was, is))
			continue;
		const PartMove *move = layout_move_of(organize->layout, path);
		guint index = move ? index_of(organize, move) : 0;
		const char *reason = arena_printf(organize->arena, "%s would no longer be applied as it is", text);
		for (guint i = move ? index : 0; i < (move ? index + 1 : organize->layout->moves->len); i++)
			why[i] = why[i] ? why[i] : reason;
	}
}

/* ---- the same links ---------------------------------------------------------------------------------------- */

/* Where the target of a document's link lies, as a browser reads it; NULL where it is none of the files. Free with
 * g_free. */
static char *target_of(const Graph *graph, Node link)
{
	Slice written = bare_path(slice_from(graph_name(graph, link)));
	g_autofree char *plain = g_uri_unescape_segment(written.at, written.at + written.length, NULL);
	Slice name = slice_from(plain ? plain : "");
	Slice folder = graph_folder_of(graph, link);
	bool rooted = slice_starts(name, "/");
	if (!has_role(graph, link, "link") && !has_role(graph, link, "image"))
		return NULL;
	g_autofree char *path =
	        path_resolve(rooted ? (Slice){"", 0} : folder, rooted ? slice_sub(name, 1, name.length) : name);
	return path && *path && graph_has_path(graph, slice_from(path)) ? g_steal_pointer(&path) : NULL;
}

/* Links of each document, in the order of their places: path → GArray of Node. */
static GHashTable *links_of(const Graph *graph)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
	GRAPH_NODES (graph, NODE_LINK, link) {
		const char *path = graph_file_path(graph, graph_file_of(graph, link));
		GArray *links = g_hash_table_lookup(all, path);
		if (!links)
			g_hash_table_insert(all, (gpointer)path, links = g_array_new(FALSE, FALSE, sizeof(Node)));
		g_array_append_val(links, link);
	}
	return all;
}

static void object_to_link(Organize *organize, Node link, const char *target, const char **why)
{
	const Graph *old = organize->scan->graph;
	const Layout *layout = organize->layout;
	const char *path = graph_file_path(old, graph_file_of(old, link));
	const PartMove *move =
	        layout_move_of(layout, path) ? layout_move_of(layout, path) : layout_move_of(layout, target);
	uint32_t line, column;
	graph_position(old, graph_place(old, link), &line, &column);
	if (!move)
		return;
	guint index = index_of(organize, move);
	if (!why[index])
		why[index] = arena_printf(
		        organize->arena, "the link at %s:%u would not lead to %s any more", path, line, target);
}

/* What a link of a document led to, it leads to. */
static void compare_links(Organize *organize, const char **why)
{
	const Graph *old = organize->scan->graph, *now = organize->after->graph;
	g_autoptr(GHashTable) before = links_of(old), after = links_of(now);
	for (uint32_t file = 0; file < graph_files(old); file++) {
		const char *path = graph_file_path(old, file);
		const GArray *were = g_hash_table_lookup(before, path),
		             *are = g_hash_table_lookup(after, layout_path(organize->layout, path));
		for (guint i = 0; were && i < were->len; i++) {
			Node link = g_array_index(were, Node, i);
			g_autofree char *target = target_of(old, link);
			g_autofree char *is = target && are && are->len == were->len
			                              ? target_of(now, g_array_index(are, Node, i))
			                              : NULL;
			if (target && (!is || strcmp(layout_path(organize->layout, target), is) != 0))
				object_to_link(organize, link, target, why);
		}
	}
}

/* ---- the proof ----------------------------------------------------------------------------------------------- */

static void compare_findings(Organize *organize, const Check *now, const char **why)
{
	g_autoptr(GHashTable) known = set_of(organize, organize->check, true, false),
	                      left = set_of(organize, now, false, false), silenced = set_of(organize, now, false, true);
	for (size_t i = 0; i < now->count; i++)
		if (counts(now->findings[i]) && !is_known(organize, now->findings[i], false, known))
			object_to_fresh(organize, now->findings[i], why);
	g_array_set_size(organize->hidden, 0);
	for (size_t i = 0; i < organize->check->count; i++) {
		const Finding *old = organize->check->findings[i];
		if (!counts(old) || is_known(organize, old, true, left))
			continue;
		const char *reason = hidden_by(organize, old, silenced);
		if (reason)
			look_at_gone(organize, old, reason, why);
	}
}

bool relocate_prove(Organize *organize)
{
	CheckOptions all = {0};
	g_autoptr(Check) now = check_new(organize->after, &all, NULL);
	Layout *layout = organize->layout;
	g_autofree const char **why = g_new0(const char *, MAX(layout->moves->len, 1));
	compare_findings(organize, now, why);
	compare_objects(organize, why);
	compare_links(organize, why);
	bool good = true;
	for (guint i = layout->moves->len; i-- > 0;)
		if (why[i]) {
			layout_refuse(layout, i, arena_text(layout->arena, slice_from(why[i])));
			good = false;
		}
	return good;
}
