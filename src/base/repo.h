/* The files of a homelab: the Git index, the working tree, any commit, or a folder without Git. The only user of
 * libgit2 beside base/trail.c.
 *
 * Index view: a file whose stat data match the index is read from the working tree, which is what Git itself holds for
 * unchanged, and any other from the object store; so the bytes are always those that a commit would have.
 */
#pragma once

#include "base/arena.h"

typedef enum RepoView {
	REPO_INDEX,    /* what is staged: the default, since it is what CI and GitOps see */
	REPO_WORKTREE, /* files as they are on disk, tracked or not, without ignored ones */
	REPO_REVISION, /* the tree of a commit */
	REPO_FOLDER,   /* a folder as it is on disk, Git or not; repo_open falls back to it where there is no Git */
} RepoView;

typedef enum RepoKind { REPO_FILE, REPO_LINK, REPO_SUBMODULE } RepoKind;

typedef struct RepoEntry {
	const char *path; /* with slashes, below the root */
	uint32_t length;
	RepoKind kind;
	bool executable;
	bool from_disk; /* read from the working tree */
	bool has_blob;  /* Git holds what it is under this id */
	uint8_t blob[20];
} RepoEntry;

typedef struct Repo Repo;

/* Opens the repository that holds path (a file or folder), or the folder itself where there is none. revision is for
 * REPO_REVISION only. Lists all entries in path order. */
Repo *repo_open(const char *path, RepoView view, const char *revision, GError **error);
void repo_free(Repo *repo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repo, repo_free)

RepoView repo_view(const Repo *repo);
/* Absolute path of the root, without a final slash. */
const char *repo_root(const Repo *repo);
/* As libgit2 has it, for base/trail.c; NULL where there is no Git. */
struct git_repository *repo_git(const Repo *repo);
/* The commit that is checked out or looked at in 40 digits, or NULL. */
const char *repo_commit(const Repo *repo);
/* Nothing was ever committed on the branch that is checked out. */
bool repo_is_unborn(const Repo *repo);
size_t repo_count(const Repo *repo);
const RepoEntry *repo_entry(const Repo *repo, size_t index);
/* Where path, as given to repo_open, lies below the root; "" for the root itself. Free with g_free; NULL if outside. */
char *repo_relative(const Repo *repo, const char *path);

/* Whether Git's index has the file. */
bool repo_is_tracked(const Repo *repo, const char *path);

/* Whether Git's ignore rules keep the path out, which need not exist. False without Git. */
bool repo_ignores(const Repo *repo, const char *path);

/* Where a file of ours that is nobody else's is kept: in Git's folder, or hidden in the root of a folder without Git.
 * Free with g_free. */
char *repo_private_file(const Repo *repo, const char *name);

/* Reads a file below the root as it is on disk, listed or not; false for what is no plain text file. */
bool repo_read_path(const Repo *repo, const char *path, Arena *arena, Slice *ret_bytes);

/* Two texts of one file as a unified diff that `git apply` takes; empty where they are equal. An absent one is NULL.
 * Free with g_free. */
char *repo_diff(const char *path, const Slice *old, const Slice *now);

typedef enum RepoRead {
	REPO_READ,       /* bytes given */
	REPO_BINARY,     /* a NUL in the first 8 KiB: no bytes given */
	REPO_TOO_LARGE,  /* larger than most bytes: none given */
	REPO_UNREADABLE, /* see *ret_problem */
} RepoRead;

/* What Git holds under the entry's id. From any thread. */
bool repo_read_blob(const Repo *repo, size_t index, size_t most, Arena *arena, Slice *ret_bytes);

/* Whether Git's id of these bytes is that of the entry. */
bool repo_is_blob(const RepoEntry *entry, Slice bytes);

/* Reads one entry; may be called from any thread. Bytes live in the arena and are followed by a NUL. For a link they
 * are its target. ret_problem is a static text. */
RepoRead repo_read(
        const Repo *repo, size_t index, size_t most, Arena *arena, Slice *ret_bytes, const char **ret_problem);
