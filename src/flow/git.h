/* The user's own git, for commits: hooks, signatures and settings are theirs. */
#pragma once

#include "flow/flow.h"

/* Runs git in the repository with these words; what it says on standard error becomes the error. ret_output may be
 * NULL.
 */
bool git_run(const Repo *repo, const GPtrArray *words, char **ret_output, GError **error);
GPtrArray *git_words(const char *const *words);
/* The last three commits after one, NULL for none, that touched a path, the newest first: "1a2b3c4 2026-09-01 Anna:
 * subject". Empty where Git does not tell. Free with g_strfreev. */
char **git_commits_since(const Repo *repo, const char *commit, const char *path);

/* False where the repository is none, or one of the paths has changes that are not committed, unless those may go
 * along. */
bool git_must_be_clean(const Repo *repo, const GPtrArray *paths, const CommitOptions *options, GError **error);

/* The message gets the trailer of the phase. Commits these files as they are on disk, those that are gone, new or
 * ignored included, and nothing else. */
bool git_commit(
        const Repo *repo, const GPtrArray *paths, const char *message, const CommitOptions *options, GError **error);
