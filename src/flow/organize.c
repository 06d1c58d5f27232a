/* A layout is tried until it is proven: the repository is read and checked again with everything in its new place, a
 * part that relocate.c objects to stays where it is, and the rest is tried again. What is proven is written, or
 * committed. */
#include "flow/git.h"
#include "flow/relocate.h"
#include "flow/structure.h"

#include "base/error.h"
#include "base/journal.h"

#include <stdlib.h>

/* ---- what would be --------------------------------------------------------------------------------------- */

void organize_set(Organize *organize, const char *path, const char *from, const Slice *text)
{
	FileState *state = ARENA_NEW(organize->arena, FileState);
	*state = (FileState){from, text};
	g_hash_table_insert(organize->overlay, (gpointer)path, state);
}

static const Slice *edited_text(Organize *organize, uint32_t file)
{
	size_t count;
	const Edit *edits = organize_edits(organize, file, &count);
	if (!edits)
		return NULL;
	Slice *text = ARENA_NEW(organize->arena, Slice), old = graph_file_bytes(organize->scan->graph, file);
	return edit_apply(old, edits, count, organize->arena, text) ? text : NULL;
}

static void set_link(Organize *organize, const LinkChange *change)
{
	const Graph *graph = organize->scan->graph;
	const char *path = graph_file_path(graph, change->file), *now = layout_path(organize->layout, path);
	Slice *target = ARENA_NEW(organize->arena, Slice);
	*target = slice_from(change->target);
	Slice old =
	        graph_symbol_slice(graph, graph_symbol(graph, graph_file_node(graph, change->file), FACT_LINK_TARGET));
	OrganizedFile one = {path, now, old, *target, true, true};
	for (guint i = 0; i < organize->files->len; i++)
		if (strcmp(g_array_index(organize->files, OrganizedFile, i).path, path) == 0)
			g_array_remove_index_fast(organize->files, i--);
	g_array_append_val(organize->files, one);
	organize_set(organize, now, path, target);
}

static void build(Organize *organize)
{
	const Graph *graph = organize->scan->graph;
	g_array_set_size(organize->files, 0);
	g_hash_table_remove_all(organize->overlay);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *path = graph_file_path(graph, file), *now = layout_path(organize->layout, path);
		const Slice *text = edited_text(organize, file);
		if (now == path && !text)
			continue;
		Slice old = graph_file_bytes(graph, file);
		OrganizedFile one = {path, now, old, text ? *text : old, text != NULL, false};
		g_array_append_val(organize->files, one);
		if (now != path)
			organize_set(organize, path, NULL, NULL);
		organize_set(organize, now, path, text);
	}
	for (guint i = 0; i < organize->fresh->len; i++) {
		const FreshFile *fresh = &g_array_index(organize->fresh, FreshFile, i);
		Slice *text = ARENA_NEW(organize->arena, Slice);
		OrganizedFile one = {NULL, fresh->path, {"", 0}, *text = fresh->text, true, false};
		g_array_append_val(organize->files, one);
		organize_set(organize, fresh->path, NULL, text);
	}
	g_autoptr(GArray) links = layout_links(organize->layout);
	for (guint i = 0; i < links->len; i++)
		set_link(organize, &g_array_index(links, LinkChange, i));
}

/* ---- the result --------------------------------------------------------------------------------------------- */

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const OrganizedFile *)a)->new_path, ((const OrganizedFile *)b)->new_path);
}

/* What is unclear depends on what moves; what was refused is noted behind it. */
static void keep_refusals(Layout *layout, GArray *take_before)
{
	g_autoptr(GArray) noted = layout->unsure;
	guint kept = take_before->len;
	for (guint i = 0; i < noted->len; i++) {
		const Unsure *one = &g_array_index(noted, Unsure, i);
		bool is_new = one->line == 0;
		for (guint k = 0; k < kept && is_new; k++)
			is_new = g_array_index(take_before, Unsure, k).path != one->path;
		if (is_new)
			g_array_append_vals(take_before, one, 1);
	}
	layout->unsure = take_before;
}

/* False where some of the moves cannot be made; they are taken out. */
static bool try_layout(Organize *organize)
{
	GArray *unsure = g_array_copy(organize->layout->unsure);
	g_clear_pointer(&organize->edits, g_array_unref);
	organize->edits = layout_rewrite(organize->layout);
	bool proven = !layout_enclose(organize->layout, organize->edits, organize->fresh);
	if (proven) {
		build(organize);
		scan_free(organize->after);
		organize->after = scan_again(organize->scan, organize->overlay);
		proven = relocate_prove(organize);
	}
	if (proven)
		g_array_unref(unsure);
	else
		keep_refusals(organize->layout, unsure);
	return proven;
}

Organize *organize_new(Scan *scan)
{
	CheckOptions all = {0};
	Organize *organize = g_new0(Organize, 1);
	organize->scan = scan;
	organize->check = check_new(scan, &all, NULL);
	organize->layout = layout_new(scan->graph, scan->repo);
	organize->arena = arena_new();
	organize->overlay = g_hash_table_new(g_str_hash, g_str_equal);
	organize->files = g_array_new(FALSE, FALSE, sizeof(OrganizedFile));
	organize->fresh = g_array_new(FALSE, FALSE, sizeof(FreshFile));
	organize->hidden = g_array_new(FALSE, FALSE, sizeof(HiddenFinding));
	while (!try_layout(organize))
		layout_settle(organize->layout);
	structure_add(organize);
	g_array_sort(organize->files, compare_files);
	return organize;
}

void organize_free(Organize *organize)
{
	if (!organize)
		return;
	scan_free(organize->after);
	check_free(organize->check);
	g_clear_pointer(&organize->edits, g_array_unref);
	g_hash_table_unref(organize->overlay);
	g_array_unref(organize->files);
	g_array_unref(organize->fresh);
	g_array_unref(organize->hidden);
	layout_free(organize->layout);
	arena_free(organize->arena);
	g_free(organize);
}

const Layout *organize_layout(const Organize *organize)
{
	return organize->layout;
}

size_t organize_files(const Organize *organize)
{
	return organize->files->len;
}

const OrganizedFile *organize_file(const Organize *organize, size_t index)
{
	return &g_array_index(organize->files, OrganizedFile, index);
}

const GArray *organize_hidden(const Organize *organize)
{
	return organize->hidden;
}

const Scan *organize_scan(const Organize *organize)
{
	return organize->after;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static int compare_targets(const void *a, const void *b)
{
	return strcmp((*(const PartMove *const *)a)->to, (*(const PartMove *const *)b)->to);
}

/* A folder comes to its place before what goes into it. */
static void note_moves(const Organize *organize, Journal *journal)
{
	g_autoptr(GPtrArray) moves = g_ptr_array_new();
	for (guint i = 0; i < organize->layout->moves->len; i++)
		g_ptr_array_add(moves, &g_array_index(organize->layout->moves, PartMove, i));
	g_ptr_array_sort(moves, compare_targets);
	for (guint i = 0; i < moves->len; i++) {
		const PartMove *move = moves->pdata[i];
		journal_move(journal, move->from, move->to);
	}
}

static void note_writes(const Organize *organize, Journal *journal)
{
	for (guint i = 0; i < organize->files->len; i++) {
		const OrganizedFile *file = &g_array_index(organize->files, OrganizedFile, i);
		if (file->changed && file->link)
			journal_link(journal, file->new_path, file->old, file->now);
		else if (file->changed)
			journal_write(journal, file->new_path, file->path ? &file->old : NULL, file->now, false);
	}
}

bool organize_write(const Organize *organize, const Repo *repo, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	if (!journal)
		return false;
	note_moves(organize, journal);
	note_writes(organize, journal);
	return journal_commit(journal, error);
}

/* ---- commits --------------------------------------------------------------------------------------------------- */

static bool commit_moves(const Organize *organize, const Repo *repo, const CommitOptions *options, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GString) message = g_string_new("structure: move ");
	const GArray *moves = organize->layout->moves;
	g_string_append_printf(message, "%u part%s to their areas\n\n", moves->len, moves->len == 1 ? "" : "s");
	if (!journal)
		return false;
	/* Only what is in Git: untracked files go along on disk, and stay untracked. */
	for (guint i = 0; i < organize->files->len; i++) {
		const OrganizedFile *file = &g_array_index(organize->files, OrganizedFile, i);
		if (!file->path || file->path == file->new_path || !repo_is_tracked(repo, file->path))
			continue;
		g_ptr_array_add(paths, (gpointer)file->path);
		g_ptr_array_add(paths, (gpointer)file->new_path);
	}
	note_moves(organize, journal);
	if (!journal_commit(journal, error))
		return false;
	for (guint i = 0; i < moves->len; i++) {
		const PartMove *move = &g_array_index(moves, PartMove, i);
		g_string_append_printf(message, "- %s to %s: %s\n", move->from, move->to, move->reason);
	}
	if (organize->hidden->len)
		g_string_append(message, "\nNo longer looked for:\n");
	for (guint i = 0; i < organize->hidden->len; i++) {
		const HiddenFinding *hidden = &g_array_index(organize->hidden, HiddenFinding, i);
		g_string_append_printf(
		        message, "- %s [%s]: %s\n", hidden->finding->message, hidden->finding->rule->id, hidden->why);
	}
	g_string_append(message, "\nMoves alone; the references to them follow in the next commit.\n");
	return git_commit(repo, paths, message->str, options, error);
}

static bool commit_writes(const Organize *organize, const Repo *repo, const CommitOptions *options, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GString) message = g_string_new("structure: let every reference follow the moves\n\n");
	if (!journal)
		return false;
	note_writes(organize, journal);
	if (!journal_commit(journal, error))
		return false;
	for (guint i = 0; i < organize->files->len; i++) {
		const OrganizedFile *file = &g_array_index(organize->files, OrganizedFile, i);
		if (!file->changed)
			continue;
		g_string_append_printf(message, "- %s\n", file->new_path);
		g_ptr_array_add(paths, (gpointer)file->new_path);
	}
	g_string_append(message, "\nProven by labwright: no finding is new, and the same objects are applied.\n");
	return paths->len == 0 || git_commit(repo, paths, message->str, options, error);
}

static bool has_changes(const Organize *organize)
{
	for (guint i = 0; i < organize->files->len; i++)
		if (g_array_index(organize->files, OrganizedFile, i).changed)
			return true;
	return false;
}

bool organize_commit(
        const Organize *organize, const Repo *repo, const CommitOptions *options, uint32_t *ret_commits, GError **error)
{
	*ret_commits = 0;
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	for (guint i = 0; i < organize->files->len; i++)
		if (g_array_index(organize->files, OrganizedFile, i).path)
			g_ptr_array_add(paths, (gpointer)g_array_index(organize->files, OrganizedFile, i).path);
	if (!git_must_be_clean(repo, paths, options, error))
		return false;
	if (organize->layout->moves->len && !commit_moves(organize, repo, options, error))
		return false;
	*ret_commits += organize->layout->moves->len > 0;
	if (!has_changes(organize))
		return true;
	if (!commit_writes(organize, repo, options, error))
		return false;
	++*ret_commits;
	return true;
}
