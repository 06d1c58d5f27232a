/* Findings as diagnostics, and their edits as code actions. An edit is offered only where its proof holds for the text
 * as it is in the editor: the finding is gone, no other came, all else says what it said. */
#include "serve/editor.h"

#include "flow/prove.h"

/* Proofs for one question: each does the whole work again. */
#define MOST_PROOFS 8
#define MOST_SHOWN 40 /* bytes of an edit in a title */

/* ---- diagnostics -------------------------------------------------------------------------------------------- */

static int severity(Level level)
{
	return level == LEVEL_ERROR ? 1 : level == LEVEL_WARNING ? 2 : 3;
}

/* Editors show no empty range: the rest of the line stands for it. */
static Span visible(const Graph *graph, Span span)
{
	if (span.end > span.start)
		return span;
	Slice bytes = graph_file_bytes(graph, span.file);
	while (span.end < bytes.length && bytes.at[span.end] != '\n' && bytes.at[span.end] != '\r')
		span.end++;
	return span;
}

Json *diagnostic_json(Workspace *workspace, const Finding *finding)
{
	g_autofree char *message =
	        finding->hint ? g_strdup_printf("%s\nhint: %s", finding->message, finding->hint) : NULL;
	Json *object = json_new_map();
	json_set(object, "range", workspace_range(workspace, visible(workspace->scan->graph, finding->span)));
	json_set_number(object, "severity", severity(finding->level));
	json_set_text(object, "code", finding->rule->id);
	g_autofree char *uri = report_help_uri(finding->rule);
	if (uri)
		json_set_text(json_map_in(object, "codeDescription"), "href", uri);
	json_set_text(object, "source", "labwright");
	json_set_text(object, "message", message ? message : finding->message);
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		Json *related = json_new_map();
		json_set(related, "location", workspace_location(workspace, finding->evidence[i].span));
		json_set_text(related, "message", finding->evidence[i].text);
		json_append(json_list_in(object, "relatedInformation"), related);
	}
	return object;
}

/* ---- edits -------------------------------------------------------------------------------------------------- */

static Json *text_edit(Workspace *workspace, const Edit *edit)
{
	Json *object = json_new_map();
	json_set(object, "range", workspace_range(workspace, (Span){edit->file, edit->start, edit->end}));
	json_set(object, "newText", json_new_slice(edit->text));
	return object;
}

/* The edits of one file of the proof, which are sorted and without doubles. */
static Json *text_edits(Workspace *workspace, const Proof *proof, uint32_t file)
{
	size_t count;
	const Edit *edits = proof_edits(proof, file, &count);
	Json *list = json_new_list();
	for (size_t i = 0; i < count; i++)
		json_append(list, text_edit(workspace, &edits[i]));
	return list;
}

/* The version tells the editor that the edits are for the text that it has. */
static Json *versioned(const Workspace *workspace, const char *path, Json *edits)
{
	g_autofree char *uri = workspace_uri(workspace, path);
	const Document *document = g_hash_table_lookup(workspace->documents, path);
	Json *change = json_new_map(), *name = json_map_in(change, "textDocument");
	json_set_text(name, "uri", uri);
	json_set(name, "version", document ? json_new_number(document->version) : json_new_nil());
	json_set(change, "edits", edits);
	return change;
}

static Json *workspace_edit(Workspace *workspace, const Proof *proof, bool by_version)
{
	Json *edit = json_new_map();
	for (guint i = 0; i < proof->edits->len; i++) {
		uint32_t file = g_array_index(proof->edits, Edit, i).file;
		if (i > 0 && g_array_index(proof->edits, Edit, i - 1).file == file)
			continue;
		const char *path = graph_file_path(workspace->scan->graph, file);
		g_autofree char *uri = workspace_uri(workspace, path);
		Json *edits = text_edits(workspace, proof, file);
		if (by_version)
			json_append(json_list_in(edit, "documentChanges"), versioned(workspace, path, edits));
		else
			json_set(json_map_in(edit, "changes"), uri, edits);
	}
	return edit;
}

/* ---- actions ----------------------------------------------------------------------------------------------- */

static void append_shown(GString *out, Slice bytes)
{
	Slice text = slice_trim(bytes);
	size_t line = strcspn(text.at ? text.at : "", "\r\n"), shown = MIN(MIN(line, text.length), MOST_SHOWN);
	g_autofree char *valid = g_utf8_make_valid(text.at ? text.at : "", (gssize)shown);
	g_string_append(out, valid);
	if (shown < text.length)
		g_string_append(out, "…");
}

/* What the first edit does, and how many there are. */
static char *title_of(const Graph *graph, const Finding *finding)
{
	const Edit *edit = &finding->edits[0];
	Slice old = graph_span_bytes(graph, (Span){edit->file, edit->start, edit->end});
	GString *title = g_string_new(NULL);
	bool adds = slice_trim(old).length == 0, takes = slice_trim(edit->text).length == 0;
	g_string_append(title, adds ? "add " : takes ? "delete " : "write ");
	append_shown(title, takes ? old : edit->text);
	if (!adds && !takes) {
		g_string_append(title, " for ");
		append_shown(title, old);
	}
	if (finding->n_edits > 1)
		g_string_append_printf(title, ", in %u places", finding->n_edits);
	g_string_append_printf(title, " [%s]", finding->rule->id);
	return g_string_free(title, FALSE);
}

static Json *action_json(Workspace *workspace, const Finding *finding, const Proof *proof, bool by_version)
{
	g_autofree char *title = title_of(workspace->scan->graph, finding);
	Json *action = json_new_map();
	json_set_text(action, "title", title);
	json_set_text(action, "kind", "quickfix");
	json_append(json_list_in(action, "diagnostics"), diagnostic_json(workspace, finding));
	json_set_bool(action, "isPreferred", finding->fix == FIX_SAFE);
	json_set(action, "edit", workspace_edit(workspace, proof, by_version));
	return action;
}

/* Files that only come into Git cannot be said as an edit. */
static bool may_be_offered(const Graph *graph, const Finding *finding, Span range)
{
	Span span = visible(graph, finding->span);
	return span.file == range.file && span.start <= range.end && range.start <= span.end &&
	       !finding->suppressed_by && finding->n_edits && finding->fix >= FIX_VALUE && !finding->tracked;
}

Json *actions_json(Workspace *workspace, Span range, bool by_version)
{
	Json *list = json_new_list();
	uint32_t proofs = 0;
	for (size_t i = 0; i < workspace->check->count && proofs < MOST_PROOFS; i++) {
		Finding *finding = workspace->check->findings[i];
		if (!may_be_offered(workspace->scan->graph, finding, range))
			continue;
		g_autoptr(GPtrArray) one = g_ptr_array_new();
		g_ptr_array_add(one, finding);
		proofs++;
		g_autoptr(Proof) proof = proof_new(workspace->base->repo, NULL, workspace->scan, workspace->check, one);
		if (g_hash_table_size(proof->suspects) == 0)
			json_append(list, action_json(workspace, finding, proof, by_version));
	}
	return list;
}
