/* What git's log says of the way between two states. Commits are given in forty digits, never in a user's words. */
#pragma once

#include "flow/flow.h"

/* The commit that the last improvement began at; else where the branch left the default one; else `to`
 * itself, of which there is nothing to compare. Free with g_free. */
char *past_start(const Repo *repo, const char *to);

/* Appends a SummaryCommit for each commit of `to` that `from` does not have, the oldest first. */
bool past_read(const Repo *repo, const char *from, const char *to, Arena *arena, GArray *commits, GError **error);

/* The commits of the first parents up to `to`, from the first one on, as SummaryCommit without bodies. */
bool past_line(const Repo *repo, const char *to, Arena *arena, GArray *commits, GError **error);

/* A commit of that line. Texts are of the arena. */
typedef struct PastCommit {
	const char *id, *author, *date, *subject; /* forty digits; YYYY-MM-DD, of the committer */
	bool merges;                              /* it has more parents than the one on the line */
} PastCommit;

/* The commits of the first parents up to `to`, from the first one on. Free with g_array_unref. */
GArray *past_commits(const Repo *repo, const char *to, Arena *arena, GError **error);
/* The same of what a merge brought: from where its second parent left the line up to that parent. */
GArray *past_branch(const Repo *repo, const char *merge, Arena *arena, GError **error);

/* Old path → new path of the files that moved, and how many files are staged and not committed. `to` NULL: what is
 * staged. The table owns its texts. */
GHashTable *past_moved(const Repo *repo, const char *from, const char *to);
uint32_t past_staged(const Repo *repo);
bool past_is_bare(const Repo *repo);
