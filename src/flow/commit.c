/* One commit for each rule, with the evidence in its message. */
#include "flow/git.h"
#include "flow/prove.h"

#include "base/error.h"
#include "base/journal.h"

/* ---- messages ------------------------------------------------------------------------------------------ */

static void append_finding(GString *message, const Graph *graph, const Finding *finding)
{
	uint32_t line, column;
	graph_position(graph, finding->span, &line, &column);
	g_string_append_printf(
	        message, "- %s:%u: %s\n", graph_file_path(graph, finding->span.file), line, finding->message);
	if (finding->because)
		g_string_append_printf(message, "  %s\n", finding->because);
	for (uint32_t i = 0; i < MIN(finding->n_evidence, 5); i++) {
		const Evidence *evidence = &finding->evidence[i];
		graph_position(graph, evidence->span, &line, &column);
		g_string_append_printf(
		        message, "  %s:%u: %s\n", graph_file_path(graph, evidence->span.file), line, evidence->text);
	}
	if (finding->n_evidence > 5)
		g_string_append_printf(message, "  and %u more places\n", finding->n_evidence - 5);
}

static char *message_of(const FixRound *round, const Rule *rule)
{
	GString *list = g_string_new(NULL);
	uint32_t count = 0;
	for (guint i = 0; i < round->mended->len; i++) {
		const Finding *finding = round->mended->pdata[i];
		if (finding->rule != rule)
			continue;
		append_finding(list, round->scan->graph, finding);
		count++;
	}
	if (count && strcmp(rule->id, "placement") == 0) {
		char *moved = g_strdup_printf("placement: let %u workload%s run where there is room\n\n%s", count,
		        count == 1 ? "" : "s", list->str);
		g_string_free(list, TRUE);
		return moved;
	}
	char *message = g_strdup_printf("%s: mend %u finding%s\n\n%s\nProven by labwright: these findings are gone, no "
	                                "other came, and nothing else in the files\nsays anything different.\n",
	        rule->id, count, count == 1 ? "" : "s", list->str);
	g_string_free(list, TRUE);
	return message;
}

/* ---- commits ------------------------------------------------------------------------------------------- */

/* Writes the texts over what was written before; known is path → Slice, and follows. */
static bool write_step(const Repo *repo, GHashTable *known, GHashTable *texts, GPtrArray *ret_paths, GError **error)
{
	g_autoptr(Journal) journal = journal_of(repo, error);
	if (!journal)
		return false;
	GHashTableIter iter;
	gpointer path, text;
	g_hash_table_iter_init(&iter, texts);
	while (g_hash_table_iter_next(&iter, &path, &text)) {
		const Slice *old = g_hash_table_lookup(known, path);
		if (slice_equal(*old, *(const Slice *)text))
			continue;
		journal_write(journal, path, old, *(const Slice *)text, false);
		g_ptr_array_add(ret_paths, path);
	}
	if (!journal_commit(journal, error))
		return false;
	for (guint i = 0; i < ret_paths->len; i++)
		g_hash_table_insert(known, ret_paths->pdata[i], g_hash_table_lookup(texts, ret_paths->pdata[i]));
	return true;
}

/* Files that the rule's edits let into Git. */
static bool track(
        const Fix *fix, const Repo *repo, const FixRound *round, const Rule *rule, GPtrArray *paths, GError **error)
{
	for (guint i = 0; i < round->mended->len; i++) {
		const Finding *finding = round->mended->pdata[i];
		for (guint k = 0; finding->rule == rule && finding->tracked && k < finding->tracked->len; k++) {
			const char *path = finding->tracked->pdata[k];
			if (!fix_fetch(fix, repo, path, error))
				return false;
			g_ptr_array_add(paths, (gpointer)path);
		}
	}
	return true;
}

bool fix_commit(const Fix *fix, const Repo *repo, const CommitOptions *options, uint32_t *ret_commits, GError **error)
{
	*ret_commits = 0;
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	for (size_t i = 0; i < fix_files(fix); i++)
		if (!fix_file(fix, i)->tracked)
			g_ptr_array_add(paths, (gpointer)fix_file(fix, i)->path);
	if (!git_must_be_clean(repo, paths, options, error))
		return false;
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < fix_files(fix); i++)
		g_hash_table_insert(known, (gpointer)fix_file(fix, i)->path, (gpointer)&fix_file(fix, i)->old);
	for (size_t i = 0; i < fix_rounds(fix); i++) {
		const FixRound *round = fix_round(fix, i);
		for (guint k = 0; k < round->mended->len; k++) {
			const Rule *rule = ((const Finding *)round->mended->pdata[k])->rule;
			if (k + 1 < round->mended->len && ((const Finding *)round->mended->pdata[k + 1])->rule == rule)
				continue;
			g_autoptr(GHashTable) texts = fix_texts(fix, i, rule);
			g_autoptr(GPtrArray) written = g_ptr_array_new();
			g_autofree char *message = message_of(round, rule);
			if (!write_step(repo, known, texts, written, error) ||
			        !track(fix, repo, round, rule, written, error))
				return false;
			if (written->len && !git_commit(repo, written, message, options, error))
				return false;
			*ret_commits += written->len > 0;
		}
	}
	return true;
}
