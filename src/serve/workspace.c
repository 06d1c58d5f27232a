/* The working tree with the open texts in the place of their files. Reading and checking all of it takes less time than
 * a person sees, so nothing is kept up to date piece by piece: a change only forgets, and the next question reads. */
#include "serve/editor.h"

#include "base/path.h"

#include <stdlib.h>

static void document_free(gpointer data)
{
	Document *document = data;
	g_free(document->path);
	g_free(document->uri);
	g_string_free(document->text, TRUE);
	g_free(document);
}

static void lines_free(gpointer data)
{
	lines_clear(data);
	g_free(data);
}

void workspace_init(Workspace *workspace)
{
	*workspace = (Workspace){
	        .documents = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, document_free),
	        .overlay = g_hash_table_new(g_str_hash, g_str_equal),
	        .lines = g_hash_table_new_full(NULL, NULL, NULL, lines_free),
	};
}

void workspace_clear(Workspace *workspace)
{
	workspace_forget_disk(workspace);
	g_hash_table_unref(workspace->documents);
	g_hash_table_unref(workspace->overlay);
	g_hash_table_unref(workspace->lines);
	g_free(workspace->path);
	g_free(workspace->root);
}

void workspace_set_path(Workspace *workspace, const char *path)
{
	workspace_forget_disk(workspace);
	g_free(workspace->path);
	g_free(workspace->root);
	workspace->path = g_canonicalize_filename(path, NULL);
	workspace->root = NULL;
}

void workspace_forget_check(Workspace *workspace)
{
	g_clear_pointer(&workspace->check, check_free);
	if (workspace->scan != workspace->base)
		scan_free(workspace->scan);
	workspace->scan = NULL;
	g_hash_table_remove_all(workspace->lines);
	g_hash_table_remove_all(workspace->overlay);
}

void workspace_forget_disk(Workspace *workspace)
{
	workspace_forget_check(workspace);
	g_clear_pointer(&workspace->base, scan_free);
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

/* The root as the editor calls it, which may be by way of a link, so that its URIs are equal to ours. */
static char *root_of(const Workspace *workspace)
{
	const char *root = repo_root(workspace->base->repo);
	g_autofree char *below = repo_relative(workspace->base->repo, workspace->path);
	if (!below)
		return g_strdup(root);
	size_t length = strlen(workspace->path), tail = strlen(below);
	if (tail == 0)
		return g_strdup(workspace->path);
	bool ends = g_str_has_suffix(workspace->path, below) && length > tail + 1 &&
	            workspace->path[length - tail - 1] == '/';
	return ends ? g_strndup(workspace->path, length - tail - 1) : g_strdup(root);
}

static bool read_disk(Workspace *workspace, GError **error)
{
	ScanOptions options = {.path = workspace->path, .view = REPO_WORKTREE};
	workspace->base = scan_new(&options, error);
	if (!workspace->base)
		return false;
	g_free(workspace->root);
	workspace->root = root_of(workspace);
	return true;
}

/* An open text that says what its file says, or whose file Git ignores, changes nothing. */
static void add_document(Workspace *workspace, Document *document)
{
	const Graph *graph = workspace->base->graph;
	Node file = graph_find_file(graph, slice_from(document->path));
	if (file && slice_equal(graph_file_bytes(graph, graph_file_of(graph, file)), document->bytes))
		return;
	if (!file && repo_ignores(workspace->base->repo, document->path))
		return;
	document->state = (FileState){file ? document->path : NULL, &document->bytes};
	g_hash_table_insert(workspace->overlay, document->path, &document->state);
}

bool workspace_refresh(Workspace *workspace, GError **error)
{
	if (workspace->check)
		return true;
	if (!workspace->base && !read_disk(workspace, error))
		return false;
	GHashTableIter iter;
	gpointer document;
	g_hash_table_iter_init(&iter, workspace->documents);
	while (g_hash_table_iter_next(&iter, NULL, &document))
		add_document(workspace, document);
	bool same = g_hash_table_size(workspace->overlay) == 0;
	workspace->scan = same ? workspace->base : scan_again(workspace->base, workspace->overlay);
	workspace->scan->no_cache |= !same; /* what is half typed is not asked again by the next run */
	CheckOptions all = {0};
	workspace->check = check_new(workspace->scan, &all, error);
	return workspace->check != NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------- */

static char *below(const char *root, const char *path)
{
	size_t length = root ? strlen(root) : 0;
	while (length > 0 && root[length - 1] == '/')
		length--;
	if (!root || strncmp(path, root, length) != 0 || path[length] != '/' || path[length + 1] == '\0')
		return NULL;
	return g_strdup(path + length + 1);
}

char *workspace_path(Workspace *workspace, const char *uri)
{
	g_autofree char *name = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
	if (!name || (!workspace->base && !read_disk(workspace, NULL)))
		return NULL;
	g_autofree char *path = g_canonicalize_filename(name, "/");
	char *found = below(workspace->root, path);
	return found ? found : below(repo_root(workspace->base->repo), path);
}

char *workspace_uri(const Workspace *workspace, const char *path)
{
	Document *document = g_hash_table_lookup(workspace->documents, path);
	g_autofree char *name = g_build_filename(workspace->root, path, NULL);
	return document ? g_strdup(document->uri) : g_filename_to_uri(name, NULL, NULL);
}

/* ---- places ------------------------------------------------------------------------------------------------ */

const Lines *workspace_lines(Workspace *workspace, uint32_t file)
{
	gpointer key = GUINT_TO_POINTER(file + 1);
	Lines *lines = g_hash_table_lookup(workspace->lines, key);
	if (!lines) {
		lines = g_new(Lines, 1);
		*lines = lines_of(graph_file_bytes(workspace->scan->graph, file));
		g_hash_table_insert(workspace->lines, key, lines);
	}
	return lines;
}

Json *workspace_range(Workspace *workspace, Span span)
{
	const Lines *lines = workspace_lines(workspace, span.file);
	Json *range = json_new_map();
	json_set(range, "start", position_json(lines_position(lines, span.start, workspace->utf8)));
	json_set(range, "end", position_json(lines_position(lines, span.end, workspace->utf8)));
	return range;
}

Json *workspace_location(Workspace *workspace, Span span)
{
	g_autofree char *uri = workspace_uri(workspace, graph_file_path(workspace->scan->graph, span.file));
	Json *location = json_new_map();
	json_set_text(location, "uri", uri);
	json_set(location, "range", workspace_range(workspace, span));
	return location;
}

uint32_t workspace_offset(Workspace *workspace, uint32_t file, const Json *position)
{
	return lines_offset(workspace_lines(workspace, file), position_of(position), workspace->utf8);
}

bool workspace_place(Workspace *workspace, const Json *params, Span *ret_place)
{
	g_autofree char *path = workspace_path(workspace, json_text_at(params, "textDocument.uri"));
	Node file = path ? graph_find_file(workspace->scan->graph, slice_from(path)) : NODE_NONE;
	if (!file)
		return false;
	uint32_t number = graph_file_of(workspace->scan->graph, file);
	uint32_t at = workspace_offset(workspace, number, json_get(params, "position"));
	*ret_place = (Span){number, at, at};
	return true;
}
