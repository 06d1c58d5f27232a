/* The user's own git, for commits: hooks, signatures and settings are theirs. */
#pragma once

#include "flow/flow.h"

/* Runs git in the repository with these words; what it says on standard error becomes the error. ret_output may be
 * NULL.
 */
bool git_run(const Repo *repo, const GPtrArray *words, char **ret_output, GError **error);
GPtrArray *git_words(const char *const *words);

/* False where the repository is none, or one of the paths has changes that are not committed, unless those may go
 * along. */
bool git_must_be_clean(const Repo *repo, const GPtrArray *paths, const CommitOptions *options, GError **error);

/* The message gets the trailer of the phase. Commits these files as they are on disk, those that are gone, new or
 * ignored included, and nothing else. */
bool git_commit(
        const Repo *repo, const GPtrArray *paths, const char *message, const CommitOptions *options, GError **error);
