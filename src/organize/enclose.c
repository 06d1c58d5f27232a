/* Kustomize takes no plain file from above its own folder, and folders from anywhere. So where moves would make a
 * kustomization list such a file, the folder that the file comes to gets a kustomization of its own, or has one that
 * lists just these files, and the reference names the folder. What no folder can stand for (a patch, a file of a
 * generator, some files of a folder for one kustomization and others for another) holds the move. */
#include "base/path.h"
#include "organize/organize.h"
#include "rule/apply.h"
#include "rule/owner.h"
#include "rule/rule.h"

#define NAME "kustomization.yaml"

/* Files of one folder that one kustomization lists and that would be above it. */
typedef struct Group {
	Node list;          /* KUSTOMIZATION */
	const char *folder; /* as it is */
	const char *then;   /* where it will be */
	GPtrArray *entries; /* ENTRY as a pointer, in the order of the list */
	GPtrArray *names;   /* of their files, in that order */
} Group;

typedef struct Encloser {
	Layout *layout;
	const Graph *graph;
	GArray *edits;
	GPtrArray *groups;
	const char *refused, *reason; /* the path that cannot go, or NULL; and why */
} Encloser;

static void group_free(gpointer data)
{
	Group *group = data;
	g_ptr_array_unref(group->entries);
	g_ptr_array_unref(group->names);
	g_free(group);
}

/* The path stays, or where that does not move, what lists it. */
static void refuse(Encloser *encloser, const char *path, Node list, const char *reason)
{
	const Graph *graph = encloser->graph;
	bool moves = layout_move_of(encloser->layout, path) != NULL;
	if (encloser->refused)
		return;
	encloser->refused = moves ? path : graph_file_path(graph, graph_file_of(graph, list));
	encloser->reason = reason;
}

/* ---- which ------------------------------------------------------------------------------------------------ */

/* The file that an entry names from below its kustomization, while it will be above; NULL for any other. */
static const char *leaves_root(const Encloser *encloser, Node list, Node entry)
{
	const Graph *graph = encloser->graph;
	const char *own = graph_file_path(graph, graph_file_of(graph, list));
	Slice folder = path_folder(slice_from(own));
	g_autofree char *path = path_resolve(folder, slice_from(graph_name(graph, entry)));
	Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
	if (!file || !path_is_below(slice_from(path), folder))
		return NULL;
	Slice then = path_folder(slice_from(layout_path(encloser->layout, own)));
	return path_is_below(slice_from(layout_path(encloser->layout, graph_name(graph, file))), then)
	               ? NULL
	               : graph_name(graph, file);
}

static Group *group_of(Encloser *encloser, Node list, const char *path)
{
	Layout *layout = encloser->layout;
	Slice folder = path_folder(slice_from(path));
	for (guint i = 0; i < encloser->groups->len; i++) {
		Group *group = encloser->groups->pdata[i];
		if (group->list == list && slice_is(folder, group->folder))
			return group;
	}
	Group *group = g_new(Group, 1);
	*group = (Group){list, arena_text(layout->arena, folder),
	        arena_text(layout->arena, path_folder(slice_from(layout_path(layout, path)))), g_ptr_array_new(),
	        g_ptr_array_new()};
	g_ptr_array_add(encloser->groups, group);
	return group;
}

static void look_at_entry(Encloser *encloser, Node list, Node entry)
{
	const Graph *graph = encloser->graph;
	const char *path = leaves_root(encloser, list, entry);
	if (!path)
		return;
	if (!has_role(graph, entry, "resource")) {
		refuse(encloser, path, list,
		        arena_printf(encloser->layout->arena,
		                "%s takes %s in, and kustomize takes no such file from above its folder",
		                graph_file_path(graph, graph_file_of(graph, list)), graph_name(graph, entry)));
		return;
	}
	Group *group = group_of(encloser, list, path);
	g_ptr_array_add(group->entries, GUINT_TO_POINTER(entry));
	g_ptr_array_add(group->names, (gpointer)path_name(slice_from(path)).at);
}

static void find_groups(Encloser *encloser)
{
	const Graph *graph = encloser->graph;
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, list) {
		GRAPH_CHILDREN (graph, list, NODE_ENTRY, entry)
			look_at_entry(encloser, list, entry);
		GRAPH_CHILDREN (graph, list, NODE_GENERATED, generated)
			GRAPH_CHILDREN (graph, generated, NODE_ENTRY, entry)
				look_at_entry(encloser, list, entry);
	}
}

/* ---- what stands for them --------------------------------------------------------------------------------- */

static bool same_names(const GPtrArray *a, const GPtrArray *b)
{
	bool same = a->len == b->len;
	for (guint i = 0; i < a->len && same; i++)
		same = g_ptr_array_find_with_equal_func((GPtrArray *)b, a->pdata[i], g_str_equal, NULL);
	return same;
}

static Node kustomization_in(const Graph *graph, const char *folder)
{
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, list)
		if (slice_is(graph_folder_of(graph, list), folder))
			return list;
	return NODE_NONE;
}

/* It lists these files and does nothing else. */
static bool lists_just(const Graph *graph, Node list, const GPtrArray *names)
{
	static const FactKind kinds[] = {FACT_NAMESPACE, FACT_PREFIX, FACT_SUFFIX, FACT_LABEL, FACT_ANNOTATION,
	        FACT_IMAGE_TAG, FACT_IMAGE, FACT_COMPONENT};
	g_autoptr(GPtrArray) own = g_ptr_array_new();
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (graph_has(graph, list, kinds[i]))
			return false;
	GRAPH_CHILDREN (graph, list, NODE_ENTRY, entry) {
		if (!has_role(graph, entry, "resource"))
			return false;
		Slice name = slice_from(graph_name(graph, entry));
		g_ptr_array_add(own, (gpointer)(slice_starts(name, "./") ? name.at + 2 : name.at));
	}
	return !graph_first_child(graph, list, NODE_GENERATED) && !graph_first_child(graph, list, NODE_REFERENCE) &&
	       same_names(own, names);
}

static bool is_told_before(const Encloser *encloser, guint index)
{
	const Group *group = encloser->groups->pdata[index];
	for (guint i = 0; i < index; i++)
		if (strcmp(((const Group *)encloser->groups->pdata[i])->folder, group->folder) == 0)
			return true;
	return false;
}

/* Whether the folder can stand for the files of the group, and for no others. */
static void judge(Encloser *encloser, const Group *group)
{
	const Graph *graph = encloser->graph;
	Layout *layout = encloser->layout;
	Node own = kustomization_in(graph, group->folder);
	const char *list = graph_file_path(graph, graph_file_of(graph, group->list));
	if (own && !lists_just(graph, own, group->names))
		refuse(encloser, group->folder, group->list,
		        arena_printf(layout->arena,
		                "%s lists files of it, and its own kustomization does more than that", list));
	if (!own && is_folder_applied(graph, slice_from(group->folder), false))
		refuse(encloser, group->folder, group->list,
		        arena_printf(layout->arena,
		                "a script applies it as it is, so it can hold no kustomization for %s", list));
	for (guint i = 0; i < encloser->groups->len; i++) {
		const Group *other = encloser->groups->pdata[i];
		if (strcmp(other->folder, group->folder) == 0 && !same_names(other->names, group->names))
			refuse(encloser, group->folder, group->list,
			        arena_printf(layout->arena, "%s and another kustomization list different files of it",
			                list));
	}
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* What is said behind an entry on its line, with the blanks before it. */
static Slice comment_behind(const Graph *graph, Span place)
{
	Slice text = graph_file_bytes(graph, place.file);
	size_t start = place.end, end = start;
	while (start < text.length && strchr(" \t", text.at[start]))
		start++;
	for (end = start; end < text.length && text.at[end] != '\n' && text.at[end] != '\r';)
		end++;
	return start > place.end && start < end && text.at[start] == '#' ? slice_sub(text, place.end, end)
	                                                                 : (Slice){"", 0};
}

static Slice text_of_new(const Encloser *encloser, const Group *group)
{
	g_autoptr(GString) text =
	        g_string_new("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n");
	for (guint i = 0; i < group->names->len; i++) {
		Span place = graph_place(encloser->graph, GPOINTER_TO_UINT(group->entries->pdata[i]));
		Slice name = edit_scalar(SLICE("a"), slice_from(group->names->pdata[i]), encloser->layout->arena),
		      comment = i ? comment_behind(encloser->graph, place) : (Slice){"", 0};
		g_string_append_printf(text, "  - %.*s%.*s\n", SLICE_ARGS(name), SLICE_ARGS(comment));
	}
	return (Slice){arena_text(encloser->layout->arena, (Slice){text->str, text->len}), text->len};
}

/* From the comma or the dash before an entry to its end; of a line of its own all of it, but for a comment that would
 * be said nowhere else. */
static Edit removal(const Encloser *encloser, Node entry, bool kept_elsewhere)
{
	Span place = graph_place(encloser->graph, entry);
	Slice text = graph_file_bytes(encloser->graph, place.file);
	uint32_t start = place.start;
	while (start > 0 && strchr(" \t\r\n", text.at[start - 1]))
		start--;
	if (start > 0 && text.at[start - 1] == ',')
		return (Edit){place.file, start - 1, place.end, {"", 0}};
	Slice comment = comment_behind(encloser->graph, place);
	if (comment.length == 0 || kept_elsewhere)
		return edit_delete_lines(place.file, text, place.start, place.end);
	return (Edit){place.file, start - 1, (uint32_t)(slice_trim(comment).at - text.at), {"", 0}};
}

static void drop_edits(GArray *edits, Span place)
{
	for (guint i = edits->len; i-- > 0;) {
		const Edit *edit = &g_array_index(edits, Edit, i);
		if (edit->file == place.file && edit->start < place.end && place.start < edit->end)
			g_array_remove_index(edits, i);
	}
}

static void name_folder(Encloser *encloser, const Group *group, bool fresh)
{
	const Graph *graph = encloser->graph;
	Arena *arena = encloser->layout->arena;
	const char *own = graph_file_path(graph, graph_file_of(graph, group->list));
	Slice then = path_folder(slice_from(layout_path(encloser->layout, own)));
	g_autofree char *relative = path_relative(then, group->then);
	for (guint i = 0; i < group->entries->len; i++) {
		Node entry = GPOINTER_TO_UINT(group->entries->pdata[i]);
		Span place = graph_place(graph, entry);
		Slice text = edit_scalar(graph_span_bytes(graph, place), slice_from(relative), arena);
		Edit edit = i ? removal(encloser, entry, fresh) : (Edit){place.file, place.start, place.end, text};
		drop_edits(encloser->edits, place);
		g_array_append_val(encloser->edits, edit);
	}
}

static void write_groups(Encloser *encloser, GArray *fresh)
{
	for (guint i = 0; i < encloser->groups->len; i++) {
		const Group *group = encloser->groups->pdata[i];
		bool lacks = !kustomization_in(encloser->graph, group->folder);
		if (lacks && !is_told_before(encloser, i)) {
			FreshFile file = {arena_printf(encloser->layout->arena, "%s/" NAME, group->then),
			        text_of_new(encloser, group)};
			g_array_append_val(fresh, file);
		}
		if (!lacks)
			g_hash_table_add(encloser->layout->named, (gpointer)group->folder);
		name_folder(encloser, group, lacks);
	}
	g_array_sort(encloser->edits, edit_compare);
}

static void refuse_move(const Encloser *encloser)
{
	Layout *layout = encloser->layout;
	const PartMove *move = layout_move_of(layout, encloser->refused);
	layout_refuse(layout, (guint)(move - &g_array_index(layout->moves, PartMove, 0)), encloser->reason);
}

bool layout_enclose(Layout *layout, GArray *edits, GArray *fresh)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(group_free);
	Encloser encloser = {.layout = layout, .graph = layout->graph, .edits = edits, .groups = groups};
	g_array_set_size(fresh, 0);
	g_hash_table_remove_all(layout->named);
	if (layout->moves->len == 0)
		return false;
	find_groups(&encloser);
	for (guint i = 0; i < groups->len; i++)
		judge(&encloser, groups->pdata[i]);
	if (encloser.refused)
		refuse_move(&encloser);
	else
		write_groups(&encloser, fresh);
	return encloser.refused != NULL;
}
