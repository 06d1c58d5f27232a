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

/* Old path → new path of the files that moved, and how many files are staged and not committed. `to` NULL: what is
 * staged. The table owns its texts. */
GHashTable *past_moved(const Repo *repo, const char *from, const char *to);
uint32_t past_staged(const Repo *repo);
bool past_is_bare(const Repo *repo);
