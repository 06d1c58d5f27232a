/* Words for git are paths behind `--`, taken as they are: no pathspec of Git's is meant. */
#include "flow/git.h"

#include "base/error.h"

#include <unistd.h>

/* The git of a run that was killed goes on for a moment, and holds its locks. */
#define MOST_TRIES 30
#define PAUSE 150000 /* µs */

static bool is_locked(const char *complaint)
{
	return strstr(complaint, ".lock': ") && strstr(complaint, "exists");
}

static bool try_run(char **argv, const char *verb, char **ret_output, GError **error)
{
	g_autofree char *complaint = NULL, *output = NULL;
	int status;
	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &complaint, &status, error))
		return false;
	if (!g_spawn_check_wait_status(status, NULL)) {
		g_strstrip(complaint);
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "git %s: %s", verb,
		        *complaint ? complaint : g_strstrip(output));
		return false;
	}
	if (ret_output)
		*ret_output = g_steal_pointer(&output);
	return true;
}

bool git_run(const Repo *repo, const GPtrArray *words, char **ret_output, GError **error)
{
	g_autoptr(GPtrArray) argv =
	        git_words((const char *const[]){"git", "--literal-pathspecs", "-C", repo_root(repo), NULL});
	for (guint i = 0; i < words->len; i++)
		g_ptr_array_add(argv, words->pdata[i]);
	g_ptr_array_add(argv, NULL);
	for (int tries = 1;; tries++) {
		g_autoptr(GError) cause = NULL;
		if (try_run((char **)argv->pdata, words->pdata[0], ret_output, &cause))
			return true;
		if (tries == MOST_TRIES || !is_locked(cause->message)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return false;
		}
		g_usleep(PAUSE);
	}
}

GPtrArray *git_words(const char *const *words)
{
	GPtrArray *all = g_ptr_array_new();
	for (; *words; words++)
		g_ptr_array_add(all, (gpointer)*words);
	return all;
}

bool git_must_be_clean(const Repo *repo, const GPtrArray *paths, const CommitOptions *options, GError **error)
{
	if (repo_view(repo) == REPO_FOLDER) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s is no Git repository", repo_root(repo));
		return false;
	}
	g_autoptr(GPtrArray) words = git_words((const char *const[]){"status", "--porcelain", "--", NULL});
	g_autofree char *output = NULL;
	g_ptr_array_extend(words, (GPtrArray *)paths, NULL, NULL);
	if (options->with_changes || paths->len == 0)
		return true;
	if (!git_run(repo, words, &output, error))
		return false;
	if (*output == '\0')
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
	        "files to be edited have changes of yours that are not committed:\n%s", g_strchomp(output));
	error_add_help(error, "commit or stash them first, or say --with-changes to let them go along");
	return false;
}

/* Paths may be more than a command line takes. */
static char *write_list(const Repo *repo, const GPtrArray *paths, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);
	g_autofree char *file = repo_private_file(repo, "labwright-paths");
	for (guint i = 0; i < paths->len; i++)
		g_string_append_len(list, paths->pdata[i], (gssize)strlen(paths->pdata[i]) + 1);
	return g_file_set_contents(file, list->str, (gssize)list->len, error) ? g_steal_pointer(&file) : NULL;
}

static bool run_with_list(const Repo *repo, const char *const *words, const char *list, GError **error)
{
	g_autofree char *option = g_strconcat("--pathspec-from-file=", list, NULL);
	g_autoptr(GPtrArray) all = git_words(words);
	g_ptr_array_add(all, option);
	g_ptr_array_add(all, (gpointer) "--pathspec-file-nul");
	return git_run(repo, all, NULL, error);
}

bool git_commit(
        const Repo *repo, const GPtrArray *paths, const char *message, const CommitOptions *options, GError **error)
{
	g_autofree char *whole = options->phase ? g_strdup_printf("%s\nLabwright-Phase: %s\n", message, options->phase)
	                                        : g_strdup(message);
	g_autofree char *list = write_list(repo, paths, error);
	if (!list)
		return false;
	bool good = run_with_list(repo, (const char *const[]){"add", "--all", "--force", NULL}, list, error) &&
	            run_with_list(repo, (const char *const[]){"commit", "--quiet", "-m", whole, NULL}, list, error);
	unlink(list);
	return good;
}

char **git_commits_since(const Repo *repo, const char *commit, const char *path)
{
	g_autofree char *range = g_strconcat(commit ? commit : "", "..HEAD", NULL), *told = NULL;
	const char *const words[] = {"log", "-3", "--date=short", "--format=%h %ad %an: %s", range, "--", path, NULL};
	g_autoptr(GPtrArray) command = git_words(words);
	if (!commit || !git_run(repo, command, &told, NULL))
		return g_new0(char *, 1);
	return g_strsplit(g_strchomp(told), "\n", -1);
}
