/* Whether a file with edits says anything else outside of them. Facts must say what they said, at the places where
 * their bytes are now; one elsewhere may follow an edited value (an anchor's), when it said the old value and says the
 * new one. */
#include "flow/prove.h"

typedef struct Said {
	FactKind kind;
	uint32_t start, end; /* in the new text */
	const char *object;
} Said;

static const char *object_text(Proof *proof, const Graph *graph, const Row *row, const Edit *edits, size_t count)
{
	switch (fact_kind_object((FactKind)row->kind)) {
	case OBJECT_SYMBOL:
		return graph_symbol_text(graph, row->object);
	case OBJECT_NUMBER:
		return arena_printf(proof->arena, "%u", row->object);
	case OBJECT_NODE:
		return arena_printf(proof->arena, "%s at %u", node_type_word(graph_node_type(graph, row->object)),
		        edit_map(edits, count, graph_place(graph, row->object).start));
	default:
		return "";
	}
}

/* Rows of a kind are sorted by subject: those of the nodes of one file stand together. */
static Rows rows_between(const Graph *graph, FactKind kind, Node first, Node end)
{
	Rows all = graph_rows(graph, kind), found;
	const Row *low = all.at, *high = all.end;
	while (low < high) {
		const Row *middle = low + (high - low) / 2;
		if (middle->subject < first)
			low = middle + 1;
		else
			high = middle;
	}
	found.at = found.end = low;
	while (found.end < all.end && found.end->subject < end)
		found.end++;
	return found;
}

static int compare_said(const void *a, const void *b)
{
	const Said *left = a, *right = b;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if (left->end != right->end)
		return left->end < right->end ? -1 : 1;
	return strcmp(left->object, right->object);
}

/* What an edit may change the meaning of, in the old text or the new: a replacement that of its lines, and behind the
 * key of a map that of all that stands below it; what stands right beside an insertion may have grown by it. */
typedef struct Touched {
	const Edit *edits;
	Edit *places;
	size_t count;
} Touched;

static Touched touched_in(Proof *proof, Slice text, const Edit *edits, size_t count, bool made)
{
	Touched touched = {edits, ARENA_ARRAY(proof->arena, Edit, MAX(count, 1)), count};
	int64_t moved = 0;
	for (size_t i = 0; i < count; i++) {
		Edit *place = &touched.places[i];
		uint32_t length = edits[i].end - edits[i].start, now = (uint32_t)edits[i].text.length;
		place->start = made ? (uint32_t)(edits[i].start + moved) : edits[i].start;
		place->end = place->start + (made ? now : length);
		moved += (int64_t)now - length;
		if (length == 0 || now == 0)
			continue; /* whole lines come or go: the others mean what they meant */
		uint32_t end = place->end;
		if (end < text.length && text.at[end] == ':')
			edit_block_span(text, place->start, &place->start, &place->end);
		else
			edit_line_span(text, place->start, place->end, &place->start, &place->end);
	}
	return touched;
}

static bool is_touched(const Touched *touched, uint32_t start, uint32_t end)
{
	for (size_t i = 0; i < touched->count; i++) {
		const Edit *place = &touched->places[i];
		bool beside = touched->edits[i].start == touched->edits[i].end || start == end;
		if (beside ? start <= place->end && end >= place->start : start < place->end && end > place->start)
			return true;
	}
	return false;
}

static bool is_inside(const Touched *touched, Span span)
{
	for (size_t i = 0; i < touched->count; i++)
		if (touched->places[i].start <= span.start && span.end <= touched->places[i].end)
			return true;
	return false;
}

/* The name that is written beside a mention stands elsewhere, and is a fact about the mention all the same; so is the
 * Service's port that a chart's probe asks, of a probe that comes or goes as a whole. */
static bool is_about_touched(const Graph *graph, const Row *row, const Touched *touched)
{
	Span place = graph_place(graph, row->subject);
	return is_inside(touched, place) ||
	       (graph_node_type(graph, row->subject) == NODE_MENTION && is_touched(touched, place.start, place.end));
}

/* What a file says outside of what is touched, or within, at the places that the edits, if any, move them to. */
static GArray *said_by(Proof *proof, const Graph *graph, uint32_t file, const Edit *edits, size_t count,
        const Touched *touched, bool within)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Said));
	Node first = graph_file_node(graph, file);
	Node end = file + 1 < graph_files(graph) ? graph_file_node(graph, file + 1) : graph_nodes(graph) + 1;
	for (FactKind kind = 0; kind < FACT_IDENTITY; kind++) { /* what is derived shows in the findings */
		Rows rows = rows_between(graph, kind, first, end);
		for (const Row *row = rows.at; row != rows.end && kind != FACT_SIZE; row++) {
			Span span = graph_span(graph, row);
			if (graph_node_type(graph, row->subject) == NODE_PROBLEM)
				continue; /* shows in the findings, too */
			bool is_within =
			        is_touched(touched, span.start, span.end) || is_about_touched(graph, row, touched);
			if (span.file != file || span.end == 0 || is_within != within)
				continue;
			Said said = {kind, edit_map(edits, count, span.start), edit_map(edits, count, span.end),
			        object_text(proof, graph, row, edits, count)};
			g_array_append_val(all, said);
		}
	}
	g_array_sort(all, compare_said);
	return all;
}

/* An alias says what its anchor says. */
static bool follows(const Proof *proof, const Graph *old, const Edit *edits, size_t count, const Said *a, const Said *b)
{
	if (a->kind != b->kind || a->start != b->start)
		return false;
	for (size_t i = 0; i < count; i++) {
		g_autofree char *was =
		        slice_dup(graph_span_bytes(old, (Span){edits[i].file, edits[i].start, edits[i].end}));
		g_autofree char *now = slice_dup(edits[i].text);
		g_strstrip(g_strdelimit(was, "\"'", ' '));
		g_strstrip(g_strdelimit(now, "\"'", ' '));
		if (*was && strstr(a->object, was) && strstr(b->object, now))
			return true;
	}
	return false;
}

/* The edited place said the same: of a key that stands twice, one line goes and the other speaks now. */
static bool said_there(const GArray *there, const Said *one)
{
	for (guint i = 0; i < there->len; i++) {
		const Said *other = &g_array_index(there, Said, i);
		if (other->kind == one->kind && strcmp(other->object, one->object) == 0)
			return true;
	}
	return false;
}

const char *proof_unannounced(Proof *proof, const Graph *old, uint32_t file)
{
	const Graph *now = proof->scan->graph;
	size_t count;
	const Edit *edits = proof_edits(proof, file, &count);
	Node node = graph_find_file(now, slice_from(graph_file_path(old, file)));
	if (!node)
		return "the file would be gone";
	uint32_t now_file = graph_file_of(now, node);
	Touched was = touched_in(proof, graph_file_bytes(old, file), edits, count, false);
	Touched made = touched_in(proof, graph_file_bytes(now, now_file), edits, count, true);
	g_autoptr(GArray) before = said_by(proof, old, file, edits, count, &was, false);
	g_autoptr(GArray) after = said_by(proof, now, now_file, NULL, 0, &made, false);
	g_autoptr(GArray) gone = said_by(proof, old, file, edits, count, &was, true);
	guint i = 0, k = 0;
	while (i < before->len || k < after->len) {
		const Said *a = i < before->len ? &g_array_index(before, Said, i) : NULL;
		const Said *b = k < after->len ? &g_array_index(after, Said, k) : NULL;
		int order = !a ? 1 : !b ? -1 : compare_said(a, b);
		if (order == 0 || (a && b && follows(proof, old, edits, count, a, b))) {
			i++;
			k++;
			continue;
		}
		const Said *other = order < 0 ? a : b;
		if (order > 0 && said_there(gone, b)) {
			k++;
			continue;
		}
		return arena_printf(proof->arena, "it would change what another place says: %s %s",
		        fact_kind_word(other->kind), other->object);
	}
	return NULL;
}
