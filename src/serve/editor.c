/* The Language Server Protocol: diagnostics as one types, proven edits, what is known of a thing, where it leads.
 *
 * One thread: a check takes less time than a person sees. It runs when the editor is quiet for a moment, or asks
 * something. Findings of all files are sent, open or not, and those of a file only when they change. */
#include "serve/editor.h"

#include "base/error.h"

#include <unistd.h>

typedef struct Editor {
	Rpc *rpc;
	Workspace workspace;
	GHashTable *sent; /* URI → what was sent of it last, as text */
	bool initialized, shut_down;
	bool changes_by_version, watches;
} Editor;

/* ---- diagnostics --------------------------------------------------------------------------------------- */

static void say_problem(Editor *editor, const char *message)
{
	Json *params = json_new_map();
	json_set_number(params, "type", 1);
	json_set_text(params, "message", message);
	rpc_notify(editor->rpc, "window/showMessage", params);
}

/* The list is taken; one that says what was said before is not sent, unless the text has changed. */
static void publish(Editor *editor, const char *path, Json *list)
{
	Document *document = g_hash_table_lookup(editor->workspace.documents, path);
	char *uri = workspace_uri(&editor->workspace, path), *text = json_print(list);
	const char *before = g_hash_table_lookup(editor->sent, uri);
	bool same = strcmp(before ? before : "[]", text) == 0, again = document && document->changed;
	if (!same || again) {
		Json *params = json_new_map();
		json_set_text(params, "uri", uri);
		if (document)
			json_set_number(params, "version", document->version);
		json_set(params, "diagnostics", json_keep(list));
		rpc_notify(editor->rpc, "textDocument/publishDiagnostics", params);
	}
	if (document)
		document->changed = false;
	g_hash_table_replace(editor->sent, uri, text);
	json_drop(list);
}

static GHashTable *lists_by_path(Editor *editor)
{
	const Check *check = editor->workspace.check;
	const Graph *graph = editor->workspace.scan->graph;
	GHashTable *lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < check->count; i++) {
		const Finding *finding = check->findings[i];
		if (finding->suppressed_by)
			continue;
		const char *path = graph_file_path(graph, finding->span.file);
		Json *list = g_hash_table_lookup(lists, path);
		if (!list)
			g_hash_table_insert(lists, g_strdup(path), list = json_new_list());
		json_append(list, diagnostic_json(&editor->workspace, finding));
	}
	return lists;
}

static void add_empty(GHashTable *lists, char *path)
{
	if (path && !g_hash_table_contains(lists, path))
		g_hash_table_insert(lists, path, json_new_list());
	else
		g_free(path);
}

static void publish_all(gpointer data)
{
	Editor *editor = data;
	g_autoptr(GError) error = NULL;
	if (!editor->initialized || editor->shut_down || editor->workspace.check)
		return;
	if (!workspace_refresh(&editor->workspace, &error)) {
		if (!editor->workspace.failed)
			say_problem(editor, error->message);
		editor->workspace.failed = true;
		return;
	}
	editor->workspace.failed = false;
	g_autoptr(GHashTable) lists = lists_by_path(editor);
	GHashTableIter iter;
	gpointer key, list;
	g_hash_table_iter_init(&iter, editor->sent);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		add_empty(lists, workspace_path(&editor->workspace, key));
	g_hash_table_iter_init(&iter, editor->workspace.documents);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		add_empty(lists, g_strdup(key));
	g_hash_table_iter_init(&iter, lists);
	while (g_hash_table_iter_next(&iter, &key, &list))
		publish(editor, key, list);
}

/* What is asked is answered of the text as it is now. */
static bool refresh(Editor *editor, GError **error)
{
	publish_all(editor);
	return workspace_refresh(&editor->workspace, error);
}

/* ---- beginning and end --------------------------------------------------------------------------------- */

static bool offers_utf8(const Json *params)
{
	JSON_EACH (json_at(params, "capabilities.general.positionEncodings"), encoding)
		if (g_strcmp0(json_text(encoding), "utf-8") == 0)
			return true;
	return false;
}

static void set_root(Editor *editor, const Json *params)
{
	const char *uri = json_text_at(params, "workspaceFolders.0.uri"), *path = json_text_at(params, "rootPath");
	uri = uri ? uri : json_text_at(params, "rootUri");
	g_autofree char *folder = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
	if (folder || path)
		workspace_set_path(&editor->workspace, folder ? folder : path);
}

static Json *capabilities(const Editor *editor)
{
	Json *all = json_new_map();
	json_set_text(all, "positionEncoding", editor->workspace.utf8 ? "utf-8" : "utf-16");
	Json *sync = json_map_in(all, "textDocumentSync");
	json_set_bool(sync, "openClose", true);
	json_set_number(sync, "change", 2);
	json_set_bool(sync, "save", true);
	json_set_bool(all, "hoverProvider", true);
	json_set_bool(all, "definitionProvider", true);
	json_append_text(json_list_in(json_map_in(all, "codeActionProvider"), "codeActionKinds"), "quickfix");
	return all;
}

static Json *initialize(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	if (editor->initialized) {
		g_set_error(error, RPC_ERROR, RPC_INVALID_REQUEST, "initialize comes once");
		return NULL;
	}
	editor->initialized = true;
	editor->workspace.utf8 = offers_utf8(params);
	editor->changes_by_version =
	        json_true_at(params, "capabilities.workspace.workspaceEdit.documentChanges", false);
	editor->watches =
	        json_true_at(params, "capabilities.workspace.didChangeWatchedFiles.dynamicRegistration", false);
	set_root(editor, params);
	Json *result = json_new_map(), *info = json_map_in(result, "serverInfo");
	json_set(result, "capabilities", capabilities(editor));
	json_set_text(info, "name", "labwright");
	json_set_text(info, "version", VERSION);
	return result;
}

/* Files that others change are told by the editor, if it can. */
static Json *initialized(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	if (!editor->watches)
		return NULL;
	Json *request = json_new_map(), *registration = json_new_map(), *watcher = json_new_map();
	json_set_text(watcher, "globPattern", "**/*");
	json_append(json_list_in(json_map_in(registration, "registerOptions"), "watchers"), watcher);
	json_set_text(registration, "id", "files");
	json_set_text(registration, "method", "workspace/didChangeWatchedFiles");
	json_append(json_list_in(request, "registrations"), registration);
	rpc_request(editor->rpc, "client/registerCapability", request);
	return NULL;
}

static Json *shut_down(gpointer data, const Json *params, GError **error)
{
	((Editor *)data)->shut_down = true;
	return NULL;
}

static Json *leave(gpointer data, const Json *params, GError **error)
{
	rpc_end(((Editor *)data)->rpc);
	return NULL;
}

static bool admits(gpointer data, const char *method, GError **error)
{
	const Editor *editor = data;
	if (strcmp(method, "exit") == 0)
		return true;
	if (!editor->initialized && strcmp(method, "initialize") != 0)
		g_set_error(error, RPC_ERROR, RPC_NOT_INITIALIZED, "initialize comes first");
	else if (editor->shut_down)
		g_set_error(error, RPC_ERROR, RPC_INVALID_REQUEST, "after shutdown comes exit");
	else
		return true;
	return false;
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static void set_text(Document *document, const char *text)
{
	g_string_assign(document->text, text);
	document->bytes = (Slice){document->text->str, document->text->len};
	document->changed = true;
}

static Document *find_document(Editor *editor, const Json *params)
{
	g_autofree char *path = workspace_path(&editor->workspace, json_text_at(params, "textDocument.uri"));
	return path ? g_hash_table_lookup(editor->workspace.documents, path) : NULL;
}

static Json *did_open(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	const char *uri = json_text_at(params, "textDocument.uri"), *text = json_text_at(params, "textDocument.text");
	char *path = workspace_path(&editor->workspace, uri);
	if (!path || !text) {
		g_free(path);
		return NULL;
	}
	workspace_forget_check(&editor->workspace);
	Document *document = g_new0(Document, 1);
	*document = (Document){.path = path, .uri = g_strdup(uri), .text = g_string_new(NULL)};
	document->version = json_number_at(params, "textDocument.version", 0);
	set_text(document, text);
	g_hash_table_replace(editor->workspace.documents, path, document);
	return NULL;
}

/* A change of a range, or the whole text. */
static void change(const Editor *editor, Document *document, const Json *one)
{
	const char *text = json_text_at(one, "text");
	const Json *range = json_get(one, "range");
	if (!text)
		return;
	if (!range) {
		set_text(document, text);
		return;
	}
	g_auto(Lines) lines = lines_of(document->bytes);
	uint32_t start = lines_offset(&lines, position_of(json_get(range, "start")), editor->workspace.utf8);
	uint32_t end = lines_offset(&lines, position_of(json_get(range, "end")), editor->workspace.utf8);
	g_autoptr(GString) whole = g_string_new_len(document->bytes.at, start);
	g_string_append(whole, text);
	end = MAX(start, end);
	g_string_append_len(whole, document->bytes.at + end, (gssize)(document->bytes.length - end));
	set_text(document, whole->str);
}

static Json *did_change(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	Document *document = find_document(editor, params);
	if (!document)
		return NULL;
	workspace_forget_check(&editor->workspace);
	JSON_EACH (json_get(params, "contentChanges"), one)
		change(editor, document, one);
	document->version = json_number_at(params, "textDocument.version", document->version);
	return NULL;
}

static Json *did_close(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	Document *document = find_document(editor, params);
	if (!document)
		return NULL;
	workspace_forget_disk(&editor->workspace);
	g_hash_table_remove(editor->workspace.documents, document->path);
	return NULL;
}

/* What was saved, or changed by somebody else. */
static Json *did_save(gpointer data, const Json *params, GError **error)
{
	workspace_forget_disk(&((Editor *)data)->workspace);
	return NULL;
}

/* The first of the folders, as at the beginning. */
static Json *did_change_folders(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	const char *uri = json_text_at(params, "event.added.0.uri");
	g_autofree char *folder = uri ? g_filename_from_uri(uri, NULL, NULL) : NULL;
	if (folder && json_count(json_at(params, "event.removed")))
		workspace_set_path(&editor->workspace, folder);
	return NULL;
}

/* ---- questions --------------------------------------------------------------------------------------------- */

static Json *hover(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	Span place, span;
	if (!refresh(editor, error) || !workspace_place(&editor->workspace, params, &place))
		return NULL;
	GString *text = hover_text(&editor->workspace, place, &span);
	if (!text)
		return NULL;
	Json *result = json_new_map(), *contents = json_map_in(result, "contents");
	json_set_text(contents, "kind", "markdown");
	json_set_text(contents, "value", text->str);
	json_set(result, "range", workspace_range(&editor->workspace, span));
	g_string_free(text, TRUE);
	return result;
}

static Json *definition(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	Span place;
	if (!refresh(editor, error) || !workspace_place(&editor->workspace, params, &place))
		return NULL;
	g_autoptr(GArray) places = definition_find(editor->workspace.scan->graph, place);
	Json *list = json_new_list();
	for (guint i = 0; i < places->len; i++)
		json_append(list, workspace_location(&editor->workspace, g_array_index(places, Span, i)));
	return list;
}

static bool wants_fixes(const Json *params)
{
	const Json *only = json_at(params, "context.only");
	if (json_kind(only) != JSON_LIST)
		return true;
	JSON_EACH (only, kind)
		if (g_strcmp0(json_text(kind), "quickfix") == 0 || g_strcmp0(json_text(kind), "") == 0)
			return true;
	return false;
}

static Json *code_action(gpointer data, const Json *params, GError **error)
{
	Editor *editor = data;
	Span place;
	if (!refresh(editor, error))
		return NULL;
	if (!wants_fixes(params) || !workspace_place(&editor->workspace, params, &place))
		return json_new_list();
	place.start = workspace_offset(&editor->workspace, place.file, json_at(params, "range.start"));
	place.end = workspace_offset(&editor->workspace, place.file, json_at(params, "range.end"));
	return actions_json(&editor->workspace, place, editor->changes_by_version);
}

/* ---- the server ------------------------------------------------------------------------------------------- */

static const RpcMethod methods[] = {
        {"initialize", initialize},
        {"initialized", initialized},
        {"shutdown", shut_down},
        {"exit", leave},
        {"textDocument/didOpen", did_open},
        {"textDocument/didChange", did_change},
        {"textDocument/didClose", did_close},
        {"textDocument/didSave", did_save},
        {"textDocument/hover", hover},
        {"textDocument/definition", definition},
        {"textDocument/codeAction", code_action},
        {"workspace/didChangeWatchedFiles", did_save},
        {"workspace/didChangeWorkspaceFolders", did_change_folders},
        {NULL, NULL},
};

int serve_editor(const char *path)
{
	Editor editor = {.sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	const RpcServer server = {
	        .framing = RPC_HEADERS, .methods = methods, .admits = admits, .idle = publish_all, .data = &editor};
	workspace_init(&editor.workspace);
	workspace_set_path(&editor.workspace, path);
	editor.rpc = rpc_new(&server, STDIN_FILENO, STDOUT_FILENO);
	rpc_run(editor.rpc);
	rpc_free(editor.rpc);
	workspace_clear(&editor.workspace);
	g_hash_table_unref(editor.sent);
	return editor.shut_down ? 0 : 1;
}
