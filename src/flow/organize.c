/* A layout is tried until it is proven: the repository is read and checked again with everything in its new place, a
 * part that relocate.c objects to stays where it is, and the rest is tried again. What is proven is written, or
 * committed. */
#include "flow/git.h"
#include "flow/relocate.h"

#include "base/error.h"
#include "base/journal.h"

#include <stdlib.h>

/* ---- what would be --------------------------------------------------------------------------------------- */

static void set_state(Organize *organize, const char *path, const char *from, const Slice *text)
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
	set_state(organize, now, path, target);
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
			set_state(organize, path, NULL, NULL);
		set_state(organize, now, path, text);
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

/* ---- the structure document ----------------------------------------------------------------------------- */

#define STRUCTURE "REPOSITORY_STRUCTURE.md"
#define BEGIN "<!-- labwright: written by organize, from here -->\n"
#define END "<!-- labwright: to here -->\n"

static const char *what_is_in(const char *folder)
{
	static const char *const known[][2] = {{"production", "what runs and is relied on"},
	        {"experimental", "what is tried out"}, {"archive", "what was put aside"},
	        {"infrastructure", "what serves the others: network, storage, names"}, {"docs", "documents"},
	        {"scripts", "scripts"}};
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(folder, known[i][0]) == 0)
			return known[i][1];
	return "–";
}

static void add_folders(Page *page, const Graph *graph)
{
	page_table(page, "folder|what is in it|>files");
	for (uint32_t file = 0; file < graph_files(graph);) {
		const char *path = graph_file_path(graph, file);
		size_t length = strcspn(path, "/");
		uint32_t first = file;
		while (file < graph_files(graph) && strncmp(graph_file_path(graph, file), path, length + 1) == 0)
			file++;
		file = MAX(file, first + 1);
		g_autofree char *folder = g_strndup(path, length);
		if (path[length] == '\0' || *folder == '.')
			continue;
		page_cell(page, "%s/", folder);
		page_cell(page, "%s", what_is_in(folder));
		page_cell(page, "%u", file - first);
	}
}

static void add_services(Page *page, const Graph *graph)
{
	g_autoptr(Catalogue) catalogue = catalogue_new(graph);
	page_heading(page, 2, "Services");
	page_table(page, "service|area|node|ports|address|data|file");
	for (guint i = 0; i < catalogue->services->len; i++) {
		const Service *service = &g_array_index(catalogue->services, Service, i);
		const char *const cells[] = {service->name, service->area, service->node, service->ports,
		        service->hosts, service->data, service->file};
		for (size_t k = 0; k < G_N_ELEMENTS(cells); k++)
			page_cell(page, "%s", *cells[k] ? cells[k] : "–");
	}
}

/* The section between the marks; what stands outside of them is the owner's. */
static GString *write_structure(const Graph *graph)
{
	GString *text = g_string_new(BEGIN);
	g_autoptr(Page) page = page_new("Repository structure");
	add_folders(page, graph);
	add_services(page, graph);
	page_markdown(page, text);
	g_string_append(text, "\n" END);
	return text;
}

/* A document of its own, or the marked section of the one that is there; without marks it is the owner's alone. */
static bool place_structure(const Slice *old, const GString *section, GString *out)
{
	if (!old) {
		g_string_append_len(out, section->str, (gssize)section->len);
		return true;
	}
	size_t begin = slice_find(*old, BEGIN, 0), end = begin == SIZE_MAX ? SIZE_MAX : slice_find(*old, END, begin);
	if (end == SIZE_MAX)
		return false;
	end += strlen(END);
	g_string_append_len(out, old->at, (gssize)begin);
	g_string_append_len(out, section->str, (gssize)section->len);
	g_string_append_len(out, old->at + end, (gssize)(old->length - end));
	return true;
}

static OrganizedFile *find_changed(Organize *organize, const char *path)
{
	for (guint i = 0; i < organize->files->len; i++) {
		OrganizedFile *file = &g_array_index(organize->files, OrganizedFile, i);
		if (strcmp(file->new_path, path) == 0)
			return file;
	}
	return NULL;
}

/* Written once something moves, and kept true from then on. */
static void add_structure(Organize *organize)
{
	const Graph *graph = organize->after->graph;
	Node node = graph_find_file(graph, SLICE(STRUCTURE)),
	     was = graph_find_file(organize->scan->graph, SLICE(STRUCTURE));
	Slice old = node ? graph_file_bytes(graph, graph_file_of(graph, node)) : (Slice){"", 0};
	g_autoptr(GString) section = write_structure(graph), text = g_string_new(NULL);
	if ((!node && organize->layout->moves->len == 0) || !place_structure(node ? &old : NULL, section, text) ||
	        slice_equal(old, (Slice){text->str, text->len}))
		return;
	Slice *now = ARENA_NEW(organize->arena, Slice);
	*now = (Slice){arena_text(organize->arena, (Slice){text->str, text->len}), text->len};
	OrganizedFile fresh = {was ? STRUCTURE : NULL, STRUCTURE,
	        was ? graph_file_bytes(organize->scan->graph, graph_file_of(organize->scan->graph, was))
	            : (Slice){"", 0},
	        *now, true, false};
	OrganizedFile *known = find_changed(organize, STRUCTURE);
	if (known)
		*known = fresh;
	else
		g_array_append_val(organize->files, fresh);
	set_state(organize, STRUCTURE, was ? STRUCTURE : NULL, now);
	scan_free(organize->after);
	organize->after = scan_again(organize->scan, organize->overlay);
}

Organize *organize_new(Scan *scan)
{
	CheckOptions all = {0};
	Organize *organize = g_new0(Organize, 1);
	organize->scan = scan;
	organize->check = check_new(scan, &all, NULL);
	organize->layout = layout_new(scan->graph);
	organize->arena = arena_new();
	organize->overlay = g_hash_table_new(g_str_hash, g_str_equal);
	organize->files = g_array_new(FALSE, FALSE, sizeof(OrganizedFile));
	organize->hidden = g_array_new(FALSE, FALSE, sizeof(HiddenFinding));
	for (bool proven = false; !proven;) {
		GArray *unsure = g_array_copy(organize->layout->unsure);
		g_clear_pointer(&organize->edits, g_array_unref);
		organize->edits = layout_rewrite(organize->layout);
		build(organize);
		scan_free(organize->after);
		organize->after = scan_again(scan, organize->overlay);
		proven = relocate_prove(organize);
		if (!proven) {
			/* What is unclear depends on what moves; what was refused is noted behind it. */
			GArray *noted = organize->layout->unsure;
			guint kept = unsure->len;
			for (guint i = 0; i < noted->len; i++) {
				const Unsure *one = &g_array_index(noted, Unsure, i);
				bool is_new = one->line == 0;
				for (guint k = 0; k < kept && is_new; k++)
					is_new = g_array_index(unsure, Unsure, k).path != one->path;
				if (is_new)
					g_array_append_vals(unsure, one, 1);
			}
			organize->layout->unsure = unsure;
			g_array_unref(noted);
			layout_settle(organize->layout);
		} else {
			g_array_unref(unsure);
		}
	}
	add_structure(organize);
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
