/* Drawn trees of folders in documents: what moves is taken from its place in the drawing and hung below the folder that
 * it goes to, with what is said of it. A folder that the drawing does not have comes in; one that is drawn without what
 * lies in it stays so, and one that nothing is left in goes. */
#include "base/path.h"
#include "organize/organize.h"
#include "rule/drawn.h"

typedef struct Redraw {
	const Layout *layout;
	const DrawnTree *tree;
	Drawing *drawing;
	GHashTable *folders; /* path of a folder once all has moved → its DrawnLine */
	GHashTable *fresh;   /* lines that were not drawn before, or came from elsewhere */
} Redraw;

/* What moves by itself, and where to. */
typedef struct DrawnMove {
	DrawnLine *line;
	const char *from, *to;
} DrawnMove;

static DrawnLine *line_of(const Redraw *redraw, Node link)
{
	return drawing_line(redraw->drawing, graph_place(redraw->layout->graph, link).start);
}

/* The folder's line, which comes in where it is not drawn; NULL in *ret_line for the root of the tree. False where the
 * drawing does not show what lies there. */
static bool open_folder(Redraw *redraw, Slice folder, DrawnLine **ret_line)
{
	Slice base = slice_from(redraw->tree->base);
	DrawnLine *above;
	*ret_line = NULL;
	if (slice_equal(folder, base))
		return true;
	if (!path_is_below(folder, base))
		return false;
	g_autofree char *key = slice_dup(folder);
	DrawnLine *line = *ret_line = g_hash_table_lookup(redraw->folders, key);
	if (line)
		return g_hash_table_contains(redraw->fresh, line) || drawing_is_open(redraw->drawing, line);
	if (!open_folder(redraw, path_folder(folder), &above))
		return false;
	g_autofree char *name = g_strdup_printf("%.*s/", SLICE_ARGS(path_name(folder)));
	*ret_line = line = drawing_add(redraw->drawing, above, name);
	g_hash_table_insert(redraw->folders, g_steal_pointer(&key), line);
	g_hash_table_add(redraw->fresh, line);
	return true;
}

static void move_line(Redraw *redraw, const DrawnMove *move)
{
	Slice from = slice_from(move->from), to = slice_from(move->to);
	g_autofree char *name = slice_equal(path_name(from), path_name(to)) ? NULL : slice_dup(path_name(to));
	DrawnLine *folder;
	if (!open_folder(redraw, path_folder(to), &folder)) {
		drawing_erase(redraw->drawing, move->line);
		return;
	}
	DrawnLine *line = drawing_move(redraw->drawing, move->line, folder, name);
	g_hash_table_insert(redraw->folders, g_strdup(move->to), line);
}

/* It goes along with the folder that it is drawn in. */
static bool goes_along(const Redraw *redraw, const char *path, const char *now)
{
	Slice above = path_folder(slice_from(path));
	g_autofree char *folder = slice_dup(above);
	const PartMove *move = layout_move_of(redraw->layout, folder);
	return move && move == layout_move_of(redraw->layout, path) &&
	       path_is_below(above, slice_from(redraw->tree->base)) &&
	       slice_equal(path_name(slice_from(path)), path_name(slice_from(now)));
}

/* Lines of what stays are known by their path; what moves by itself and what nothing is left of is collected. */
static void look_at(Redraw *redraw, Node link, GArray *moves, GPtrArray *emptied)
{
	const Layout *layout = redraw->layout;
	g_autofree char *path = drawn_path(redraw->tree, link);
	DrawnLine *line = line_of(redraw, link);
	if (!path || !line || !graph_has_path(layout->graph, slice_from(path)))
		return;
	const char *from = arena_text(layout->arena, slice_from(path)), *to = layout_path(layout, from);
	if (to == from)
		g_hash_table_insert(redraw->folders, g_strdup(from), line);
	else if (!layout_move_of(layout, from))
		g_ptr_array_add(emptied, line);
	else if (!goes_along(redraw, from, to))
		g_array_append_val(moves, ((DrawnMove){line, from, to}));
}

/* A line that names several folders at once cannot be taken apart. */
static bool is_plain(const DrawnTree *tree)
{
	for (Node link = tree->first; link && link != tree->end; link = graph_next_node(tree->graph, link)) {
		Span place = graph_place(tree->graph, link);
		Slice name = slice_sub(graph_file_bytes(tree->graph, place.file), place.start, place.end);
		if (slice_find_byte(name, '/', 0) != SIZE_MAX)
			return false;
	}
	return true;
}

static void redraw_tree(const Layout *layout, const DrawnTree *tree, GArray *edits)
{
	Span place = graph_place(layout->graph, tree->first);
	g_autoptr(Drawing) drawing = drawing_new(graph_file_bytes(layout->graph, place.file), place.start);
	g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	                      fresh = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(DrawnMove));
	g_autoptr(GPtrArray) emptied = g_ptr_array_new();
	Redraw redraw = {layout, tree, drawing, folders, fresh};
	for (Node link = tree->first; link && link != tree->end; link = graph_next_node(layout->graph, link))
		look_at(&redraw, link, moves, emptied);
	for (guint i = 0; i < moves->len; i++)
		move_line(&redraw, &g_array_index(moves, DrawnMove, i));
	for (guint i = 0; i < emptied->len; i++)
		drawing_erase(drawing, emptied->pdata[i]);
	drawing_append_edits(drawing, place.file, layout->arena, edits);
}

void layout_redraw(Layout *layout, GArray *edits)
{
	const Graph *graph = layout->graph;
	for (Node link = graph_first_node(graph, NODE_LINK); link;) {
		if (!has_role(graph, link, "tree-root") || layout_is_past(graph, graph_file_of(graph, link))) {
			link = graph_next_node(graph, link);
			continue;
		}
		g_auto(DrawnTree) tree = drawn_tree_read(graph, &link);
		if (tree.ours && is_plain(&tree))
			redraw_tree(layout, &tree, edits);
	}
}
