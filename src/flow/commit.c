/* One commit for each rule, made by the user's own git: hooks, signatures and settings are theirs. */
#include "flow/flow.h"

#include "base/error.h"
#include "base/journal.h"

/* Runs git in the repository; its words on standard error become the error. */
static bool run_git(const Repo *repo, const GPtrArray *words, char **ret_output, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *complaint = NULL, *output = NULL;
	int status;
	g_ptr_array_add(argv, (gpointer) "git");
	g_ptr_array_add(argv, (gpointer) "-C");
	g_ptr_array_add(argv, (gpointer)repo_root(repo));
	for (guint i = 0; i < words->len; i++)
		g_ptr_array_add(argv, words->pdata[i]);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &complaint,
	            &status, error))
		return false;
	if (!g_spawn_check_wait_status(status, NULL)) {
		g_strstrip(complaint);
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "git %s: %s", (char *)words->pdata[0],
		        *complaint ? complaint : g_strstrip(output));
		return false;
	}
	if (ret_output)
		*ret_output = g_steal_pointer(&output);
	return true;
}

static GPtrArray *words_new(const char *const *words)
{
	GPtrArray *all = g_ptr_array_new();
	for (; *words; words++)
		g_ptr_array_add(all, (gpointer)*words);
	return all;
}

static bool must_be_clean(const Fix *fix, const Repo *repo, GError **error)
{
	g_autoptr(GPtrArray) words = words_new((const char *const[]){"status", "--porcelain", "--", NULL});
	g_autofree char *output = NULL;
	for (size_t i = 0; i < fix_files(fix); i++)
		g_ptr_array_add(words, (gpointer)fix_file(fix, i)->path);
	if (!run_git(repo, words, &output, error))
		return false;
	if (*output == '\0')
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        "files to be edited have changes of yours that are not committed:\n%s", g_strchomp(output));
	error_add_help(error, "commit or stash them first, or say --with-changes to let them go along");
	return false;
}

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
	g_autofree char *list = repo_private_file(repo, "labwright-journal");
	g_autoptr(Journal) journal = journal_new(repo_root(repo), list, error);
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

static bool commit_paths(const Repo *repo, const GPtrArray *paths, const char *message, GError **error)
{
	g_autoptr(GPtrArray) words = words_new((const char *const[]){"commit", "--quiet", "-m", message, "--", NULL});
	g_ptr_array_extend(words, (GPtrArray *)paths, NULL, NULL);
	return run_git(repo, words, NULL, error);
}

/* Files that the rule's edits let into Git. */
static bool track(const Repo *repo, const FixRound *round, const Rule *rule, GPtrArray *paths, GError **error)
{
	for (guint i = 0; i < round->mended->len; i++) {
		const Finding *finding = round->mended->pdata[i];
		for (guint k = 0; finding->rule == rule && finding->tracked && k < finding->tracked->len; k++) {
			const char *path = finding->tracked->pdata[k];
			g_autoptr(GPtrArray) words = words_new((const char *const[]){"add", "--", path, NULL});
			if (!run_git(repo, words, NULL, error))
				return false;
			g_ptr_array_add(paths, (gpointer)path);
		}
	}
	return true;
}

bool fix_commit(const Fix *fix, const Repo *repo, bool with_changes, uint32_t *ret_commits, GError **error)
{
	*ret_commits = 0;
	if (repo_view(repo) == REPO_FOLDER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s is no Git repository", repo_root(repo));
		return false;
	}
	if (fix_files(fix) == 0)
		return true;
	if (!with_changes && !must_be_clean(fix, repo, error))
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
			g_autoptr(GPtrArray) paths = g_ptr_array_new();
			g_autofree char *message = message_of(round, rule);
			if (!write_step(repo, known, texts, paths, error) || !track(repo, round, rule, paths, error))
				return false;
			if (paths->len && !commit_paths(repo, paths, message, error))
				return false;
			*ret_commits += paths->len > 0;
		}
	}
	return true;
}
