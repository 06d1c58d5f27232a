/* What files of a repository were before, and when they became what they are: a walk along the first parents of the
 * commit that is checked out. */
#pragma once

#include "base/repo.h"

/* When what is at a path was changed last. */
typedef struct RepoTouch {
	int64_t time; /* of that commit, in seconds since 1970; of the last that was looked at where none of them did it
	               */
	uint32_t commits; /* that came after it */
} RepoTouch;

/* Fills ret_touches for files and folders (NULL-terminated), along the first parents of the commit that is checked out,
 * looking at `most` commits. *ret_now is the time of the newest. False without commits. */
bool repo_touches(const Repo *repo, const char *const *paths, uint32_t most, RepoTouch *ret_touches, int64_t *ret_now);

/* An earlier content of a file: path is the one that was asked for, commit and subject are of the commit that changed
 * it to what came after. All is borrowed for the call. */
typedef struct RepoVersion {
	const char *path;
	Slice bytes;
	char commit[11]; /* ten digits */
	const char *subject;
} RepoVersion;

/* Calls found for each earlier content of the files (NULL-terminated), the newest first, along the first parents of the
 * commit that is checked out and over renames, for `most` commits. Nothing without Git. */
void repo_versions(const Repo *repo, const char *const *paths, uint32_t most,
        void (*found)(const RepoVersion *version, void *data), void *data);
