/* Which folder of the repository a drawn tree shows: the root, the document's own folder, or the one that its first
 * line names; whichever has most of its names. */
#include "rule/drawn.h"

#include "base/path.h"
#include "rule/gone.h"

static Slice name_of(const Graph *graph, Node link)
{
	return graph_symbol_slice(graph, graph_name_symbol(graph, link));
}

static char *resolve(const Graph *graph, Slice base, Node link)
{
	bool name = has_role(graph, link, "tree") && is_literal_path(name_of(graph, link));
	return name ? path_resolve(base, name_of(graph, link)) : NULL;
}

char *drawn_path(const DrawnTree *tree, Node link)
{
	return resolve(tree->graph, slice_from(tree->base), link);
}

static void count_found(DrawnTree *tree, Slice base)
{
	uint32_t names = 0, found = 0;
	for (Node link = tree->first; link && link != tree->end; link = graph_next_node(tree->graph, link)) {
		g_autofree char *path = resolve(tree->graph, base, link);
		names += path != NULL;
		found += path && path_exists(tree->graph, slice_from(path));
	}
	if (found <= tree->found && tree->base)
		return;
	g_free(tree->base);
	tree->base = slice_dup(base);
	tree->names = names;
	tree->found = found;
}

DrawnTree drawn_tree_read(const Graph *graph, Node *link)
{
	Node root = *link, at = graph_next_node(graph, root);
	uint32_t file = graph_file_of(graph, root);
	Slice folder = path_folder(slice_from(graph_file_path(graph, file)));
	DrawnTree tree = {.graph = graph, .first = at};
	while (at && graph_file_of(graph, at) == file && has_role(graph, at, "tree"))
		at = graph_next_node(graph, at);
	tree.end = *link = at;
	count_found(&tree, (Slice){"", 0});
	count_found(&tree, folder);
	g_autofree char *named = path_resolve((Slice){"", 0}, name_of(graph, root));
	g_autofree char *beside = path_resolve(folder, name_of(graph, root));
	if (named && *named && graph_has_folder(graph, slice_from(named)))
		count_found(&tree, slice_from(named));
	if (beside && *beside && graph_has_folder(graph, slice_from(beside)))
		count_found(&tree, slice_from(beside));
	tree.ours = tree.names >= 5 && tree.found * 10 >= tree.names * 6;
	return tree;
}

void drawn_tree_clear(DrawnTree *tree)
{
	g_clear_pointer(&tree->base, g_free);
}

static uint32_t place_of(const Graph *graph, const GArray *names, guint index)
{
	return graph_place(graph, g_array_index(names, Node, index)).start;
}

void erase_drawn(Checker *checker, Finding *finding, const GArray *names)
{
	const Graph *graph = checker_graph(checker);
	uint32_t file = finding->span.file;
	Slice text = graph_file_bytes(graph, file);
	g_autoptr(GArray) edits = g_array_new(FALSE, FALSE, sizeof(Edit));
	for (guint i = 0; i < names->len;) {
		g_autoptr(Drawing) drawing = drawing_new(text, place_of(graph, names, i));
		for (guint first = i;
		        i == first || (i < names->len && place_of(graph, names, i) < drawing_end(drawing)); i++) {
			DrawnLine *line = drawing_line(drawing, place_of(graph, names, i));
			if (line)
				drawing_erase(drawing, line);
		}
		drawing_append_edits(drawing, file, checker_arena(checker), edits);
	}
	for (guint i = 0; i < edits->len; i++) {
		const Edit *edit = &g_array_index(edits, Edit, i);
		add_edit(checker, finding, (Span){file, edit->start, edit->end}, edit->text);
	}
	set_because(
	        checker, finding, FIX_VALUE, "what is not there needs no place on the map; the rest stays as drawn");
}
