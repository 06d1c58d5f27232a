/* Symbolic links are references, too: one that moves, or that points at what moves, gets another text, so that it
 * points where it did. Where no text does that the move is not made: a link that leads out of the repository from
 * another depth, one to a folder that something leaves, and a file that is read through a link and names its neighbours
 * from there. */
#include "base/path.h"
#include "organize/organize.h"

/* A link before and after the moves. */
typedef struct Link {
	uint32_t file;
	const char *path, *now; /* where it lies */
	Slice folder, new_folder, target;
	char *full;            /* what it points to, from the root; NULL where that is not told. Free with g_free */
	const PartMove *move;  /* the link's own, or NULL */
	const PartMove *other; /* of what it points to, or NULL */
} Link;

static Link link_at(const Layout *layout, uint32_t file, const Row *row)
{
	const char *path = graph_file_path(layout->graph, file), *now = layout_path(layout, path);
	Link link = {.file = file,
	        .path = path,
	        .now = now,
	        .folder = path_folder(slice_from(path)),
	        .new_folder = path_folder(slice_from(now)),
	        .target = graph_symbol_slice(layout->graph, row->object),
	        .move = layout_move_of(layout, path)};
	link.full = path_resolve(link.folder, link.target);
	link.other = link.full ? layout_move_of(layout, link.full) : NULL;
	return link;
}

static const char *quoted(const Layout *layout, const Link *link)
{
	return arena_printf(layout->arena, "the link %s to %.*s", link->path, SLICE_ARGS(link->target));
}

/* Its new text, NULL where the one that it has does. In the layout's arena. */
static const char *new_target(const Layout *layout, const Link *link)
{
	if (!link->full || (link->move == NULL && link->other == NULL))
		return NULL;
	const char *full = link->other ? layout_path(layout, link->full) : link->full;
	g_autofree char *same = path_resolve(link->new_folder, link->target);
	if (same && strcmp(same, full) == 0)
		return NULL;
	g_autofree char *text = path_relative(link->new_folder, full);
	bool slash = slice_ends(link->target, "/");
	return arena_printf(layout->arena, "%s%s", *text ? text : ".", slash && *text ? "/" : "");
}

GArray *layout_links(const Layout *layout)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(LinkChange));
	GRAPH_EACH (layout->graph, FACT_LINK_TARGET, row) {
		Link link = link_at(layout, graph_file_of(layout->graph, row->subject), row);
		LinkChange change = {link.file, new_target(layout, &link)};
		if (change.target)
			g_array_append_val(changes, change);
		g_free(link.full);
	}
	return changes;
}

/* ---- what cannot be made up for ------------------------------------------------------------------------ */

/* "/home/anna/lab/services/x/.env": the clone's own place may stand before a path that moves. */
static const PartMove *meant_by_absolute(const Layout *layout, Slice target)
{
	for (size_t slash = slice_find_byte(target, '/', 0); slash != SIZE_MAX;
	        slash = slice_find_byte(target, '/', slash + 1)) {
		g_autofree char *rest = slice_dup(slice_sub(target, slash + 1, target.length));
		if (graph_has_path(layout->graph, slice_from(rest)) && layout_move_of(layout, rest))
			return layout_move_of(layout, rest);
	}
	return NULL;
}

/* A move of something below the folder that the link shows. */
static const PartMove *leaves(const Layout *layout, const Link *link)
{
	for (guint i = 0; i < layout->moves->len && !link->other; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		if (path_is_below(slice_from(move->from), slice_from(link->full)))
			return move;
	}
	return NULL;
}

/* The move of what a text names when it is read where the link is, or of the link. */
static const PartMove *read_through(Layout *layout, const Link *link, const char **ret_why)
{
	Node file = graph_find_file(layout->graph, slice_from(link->full));
	g_autofree char *named = NULL;
	uint32_t line = file ? layout_differs_through(layout, graph_file_of(layout->graph, file), link->folder,
	                               link->new_folder, &named)
	                     : 0;
	if (!line)
		return NULL;
	*ret_why = arena_printf(layout->arena, "%s is read where it lies, and line %u there names %s",
	        quoted(layout, link), line, named);
	return link->move ? link->move : layout_move_of(layout, named);
}

/* The move that a link is in the way of, or NULL; *ret_why in the layout's arena. */
static const PartMove *held_move(Layout *layout, const Link *link, const char **ret_why)
{
	bool absolute = link->target.length && link->target.at[0] == '/';
	const PartMove *held = absolute ? meant_by_absolute(layout, link->target) : NULL;
	bool same_folder = slice_equal(link->folder, link->new_folder);
	if (held) {
		*ret_why = arena_printf(layout->arena, "%s may name it by the place of a clone", quoted(layout, link));
		return held;
	}
	if (!link->full) {
		*ret_why = arena_printf(layout->arena,
		        "%s leads out of the repository, and elsewhere from another place", quoted(layout, link));
		return absolute || same_folder ? NULL : link->move;
	}
	if ((held = leaves(layout, link))) {
		*ret_why = arena_printf(layout->arena, "%s shows it, and would no more", quoted(layout, link));
		return held;
	}
	return read_through(layout, link, ret_why);
}

bool layout_hold_links(Layout *layout)
{
	bool any = false;
	GRAPH_EACH (layout->graph, FACT_LINK_TARGET, row) {
		const char *why;
		Link link = link_at(layout, graph_file_of(layout->graph, row->subject), row);
		const PartMove *held = layout->moves->len ? held_move(layout, &link, &why) : NULL;
		if (held)
			layout_refuse(layout, (guint)(held - &g_array_index(layout->moves, PartMove, 0)), why);
		any |= held != NULL;
		g_free(link.full);
	}
	return any;
}
