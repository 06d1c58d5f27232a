/* What the moves make of each other and of the folders that they leave: whether two want one place, whether a folder is
 * emptied or torn apart, and where what was said of it is true now. */
#include "base/path.h"
#include "organize/organize.h"

/* Of two moves of which one lies in the other, the one that its owner decided; the inner one where both are. */
static void refuse_nested(Layout *layout)
{
	for (guint i = layout->moves->len; i-- > 0;) {
		const PartMove *outer = &g_array_index(layout->moves, PartMove, i);
		for (guint k = 0; k < layout->moves->len; k++) {
			const PartMove *inner = &g_array_index(layout->moves, PartMove, k);
			if (k == i || !outer->folder ||
			        !path_is_below(slice_from(inner->from), slice_from(outer->from)))
				continue;
			layout_refuse(layout, i,
			        arena_printf(layout->arena, "labwright.yaml takes %s out of it", inner->from));
			break;
		}
	}
}

/* Two parts for one place, or a place that is taken. */
static void refuse_collisions(Layout *layout)
{
	for (guint i = layout->moves->len; i-- > 0;) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		Slice to = slice_from(move->to);
		bool taken = graph_find_file(layout->graph, to) || graph_has_folder(layout->graph, to);
		for (guint k = 0; k < layout->moves->len && !taken; k++) {
			const PartMove *other = &g_array_index(layout->moves, PartMove, k);
			bool into = k != i && other->folder && path_is_below(to, slice_from(other->to));
			g_autofree char *there =
			        into ? g_strconcat(other->from, move->to + strlen(other->to), NULL) : NULL;
			taken = (k < i && strcmp(other->to, move->to) == 0) ||
			        (there && graph_has_path(layout->graph, slice_from(there)));
		}
		if (taken)
			layout_refuse(layout, i, arena_printf(layout->arena, "%s is already there", move->to));
	}
}

void layout_untangle(Layout *layout)
{
	refuse_nested(layout);
	refuse_collisions(layout);
}

/* Something stays in the folder. */
static bool keeps_files(const Layout *layout, Slice folder)
{
	for (uint32_t file = 0; file < graph_files(layout->graph); file++) {
		const char *path = graph_file_path(layout->graph, file);
		if (path_is_below(slice_from(path), folder) && !layout_move_of(layout, path))
			return true;
	}
	return false;
}

/* The highest folder that most moves out of the old one lead below. */
static const char *where_most_went(const Layout *layout, Slice folder)
{
	const char *best = NULL;
	guint most = 0;
	g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < layout->moves->len; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		if (!path_is_below(slice_from(move->from), folder))
			continue;
		char *top = g_strndup(move->to, strcspn(move->to, "/"));
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, top)) + 1;
		if (count > most) {
			most = count;
			best = arena_text(layout->arena, slice_from(top));
		}
		g_hash_table_insert(counts, top, GUINT_TO_POINTER(count));
	}
	return best;
}

/* So many parts at the top are an order of their own: a folder for each service. */
#define CROWD 6

/* What shares a folder belongs together: a folder that would keep more than a third of its folders keeps all. At the
 * top, where parts may as well lie that nobody has sorted yet, more than half of many. */
static bool tears_apart(const char *folder, guint some, guint all)
{
	return *folder ? some * 3 < all * 2 : all >= CROWD && some * 2 < all;
}

static bool may_leave(const PartMove *move)
{
	return move->decided || move->alone;
}

static void keep_together(Layout *layout)
{
	g_autoptr(GHashTable) leaving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < layout->moves->len; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		if (!move->folder || move->decided)
			continue;
		char *folder = slice_dup(path_folder(slice_from(move->from)));
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(leaving, folder));
		g_hash_table_insert(leaving, folder, GUINT_TO_POINTER(count + 1));
	}
	for (guint i = layout->moves->len; i-- > 0;) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		g_autofree char *folder = slice_dup(path_folder(slice_from(move->from)));
		guint all = GPOINTER_TO_UINT(g_hash_table_lookup(layout->crowds, folder)),
		      some = GPOINTER_TO_UINT(g_hash_table_lookup(leaving, folder));
		if (move->folder && tears_apart(folder, some, all) && !may_leave(move))
			layout_refuse(layout, i,
			        arena_printf(layout->arena,
			                "it could be in %s, but %u of %u folders of %s have no such place", move->area,
			                all - some, all, *folder ? folder : "the top"));
	}
}

/* One part alone in an area that nobody has begun, and that says little of it, is no order. */
static void refuse_lone(Layout *layout)
{
	guint some = 0, lone = 0;
	for (guint i = 0; i < layout->moves->len; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		bool begun =
		        graph_has_folder(layout->graph, slice_sub(slice_from(move->to), 0, strcspn(move->to, "/")));
		if (!move->folder || may_leave(move) || begun)
			continue;
		some++;
		lone = i;
	}
	if (some == 1 && !strchr(g_array_index(layout->moves, PartMove, lone).area, '/'))
		layout_refuse(layout, lone,
		        arena_printf(layout->arena, "it could be in %s, but would be the only one that is sorted",
		                g_array_index(layout->moves, PartMove, lone).area));
}

/* Nor is a folder that is made for one loose file, and nothing else. */
static void refuse_lone_file(Layout *layout)
{
	const PartMove *move = layout->moves->len == 1 ? &g_array_index(layout->moves, PartMove, 0) : NULL;
	if (move && !move->folder && !move->decided && !graph_has_folder(layout->graph, slice_from(move->area)))
		layout_refuse(layout, 0,
		        arena_printf(
		                layout->arena, "it could be in %s, but would be the only one that moves", move->area));
}

void layout_settle(Layout *layout)
{
	g_hash_table_remove_all(layout->emptied);
	do {
		keep_together(layout);
		refuse_lone(layout);
		refuse_lone_file(layout);
	} while (layout_hold_links(layout));
	for (guint i = 0; i < layout->moves->len; i++) {
		Slice folder = path_folder(slice_from(g_array_index(layout->moves, PartMove, i).from));
		for (; folder.length; folder = path_folder(folder)) {
			const char *key = arena_text(layout->arena, folder);
			if (g_hash_table_contains(layout->emptied, key) || keeps_files(layout, folder))
				break;
			g_hash_table_insert(layout->emptied, (gpointer)key, (gpointer)where_most_went(layout, folder));
		}
	}
}
