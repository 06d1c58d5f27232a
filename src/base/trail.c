/* Along the first parents of the commit that is checked out: earlier contents of files, over renames, and when a path
 * was changed last. */
#include "base/trail.h"

#include <git2.h>

/* The commit that is checked out, or NULL where there is none. */
static git_commit *checked_out(const Repo *repo)
{
	git_commit *commit = NULL;
	git_oid head;
	if (repo_git(repo) && git_reference_name_to_id(&head, repo_git(repo), "HEAD") == 0)
		git_commit_lookup(&commit, repo_git(repo), &head);
	return commit;
}

/* ---- earlier contents ----------------------------------------------------------------------------------- */

typedef struct Trail {
	const char *path; /* as asked for */
	char *name;       /* as it was called then; NULL once it was not there */
	git_oid blob;
} Trail;

typedef struct Walk {
	const Repo *repo;
	Trail *trails;
	size_t count;
	void (*found)(const RepoVersion *version, void *data);
	void *data;
	git_tree *newer_tree;
	git_commit *newer;
	git_diff *renames; /* from the older tree to the newer, or NULL until it is asked for */
} Walk;

static bool blob_of(const git_tree *tree, const char *name, git_oid *ret_blob)
{
	git_tree_entry *entry = NULL;
	if (git_tree_entry_bypath(&entry, tree, name) < 0)
		return false;
	bool is_blob = git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
	*ret_blob = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return is_blob;
}

/* Renames of unchanged files between the two commits at hand, found once. A comparison of contents would be one of
 * every file with every other. */
static git_diff *renames_of(Walk *walk, git_tree *older)
{
	git_diff_find_options options;
	git_diff_find_options_init(&options, GIT_DIFF_FIND_OPTIONS_VERSION);
	options.flags = GIT_DIFF_FIND_RENAMES | GIT_DIFF_FIND_EXACT_MATCH_ONLY;
	if (!walk->renames &&
	        git_diff_tree_to_tree(&walk->renames, repo_git(walk->repo), older, walk->newer_tree, NULL) == 0)
		git_diff_find_similar(walk->renames, &options);
	return walk->renames;
}

/* What the file of the newer tree was called in the older one; NULL where it was made anew. Free with g_free. */
static char *older_name(Walk *walk, git_tree *older, const char *name)
{
	git_diff *diff = renames_of(walk, older);
	for (size_t i = 0; diff && i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *delta = git_diff_get_delta(diff, i);
		if (delta->status == GIT_DELTA_RENAMED && strcmp(delta->new_file.path, name) == 0)
			return g_strdup(delta->old_file.path);
	}
	return NULL;
}

static void tell_version(const Walk *walk, const Trail *trail)
{
	git_blob *blob = NULL;
	if (git_blob_lookup(&blob, repo_git(walk->repo), &trail->blob) < 0)
		return;
	RepoVersion version = {.path = trail->path,
	        .bytes = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)},
	        .subject = git_commit_summary(walk->newer)};
	git_oid_tostr(version.commit, sizeof version.commit, git_commit_id(walk->newer));
	walk->found(&version, walk->data);
	git_blob_free(blob);
}

static void follow(Walk *walk, Trail *trail, git_tree *tree)
{
	git_oid blob;
	if (!blob_of(tree, trail->name, &blob)) {
		char *older = older_name(walk, tree, trail->name);
		g_free(trail->name);
		trail->name = older;
		if (!older || !blob_of(tree, older, &blob))
			return;
	}
	if (git_oid_equal(&blob, &trail->blob))
		return;
	trail->blob = blob;
	tell_version(walk, trail);
}

/* One commit further back; false at the first one. */
static bool walk_back(Walk *walk)
{
	git_commit *older = NULL;
	git_tree *tree = NULL;
	if (git_commit_parent(&older, walk->newer, 0) < 0)
		return false;
	bool good = git_commit_tree(&tree, older) == 0;
	for (size_t i = 0; i < walk->count && good; i++)
		if (walk->trails[i].name)
			follow(walk, &walk->trails[i], tree);
	git_diff_free(walk->renames);
	walk->renames = NULL;
	git_tree_free(walk->newer_tree);
	git_commit_free(walk->newer);
	walk->newer = older;
	walk->newer_tree = tree;
	return good;
}

void repo_versions(const Repo *repo, const char *const *paths, uint32_t most,
        void (*found)(const RepoVersion *version, void *data), void *data)
{
	Walk walk = {.repo = repo, .found = found, .data = data};
	while (paths[walk.count])
		walk.count++;
	walk.newer = walk.count ? checked_out(repo) : NULL;
	if (!walk.newer)
		return;
	walk.trails = g_new0(Trail, walk.count);
	if (git_commit_tree(&walk.newer_tree, walk.newer) == 0) {
		for (size_t i = 0; i < walk.count; i++) {
			Trail *trail = &walk.trails[i];
			trail->path = paths[i];
			trail->name = blob_of(walk.newer_tree, paths[i], &trail->blob) ? g_strdup(paths[i]) : NULL;
		}
		while (most-- > 0 && walk_back(&walk))
			;
	}
	for (size_t i = 0; i < walk.count; i++)
		g_free(walk.trails[i].name);
	g_free(walk.trails);
	git_tree_free(walk.newer_tree);
	git_commit_free(walk.newer);
}

/* ---- when ------------------------------------------------------------------------------------------ */

/* The identity of a file or folder; all zero where there is none. */
static git_oid identity_of(const git_tree *tree, const char *path)
{
	git_tree_entry *entry = NULL;
	git_oid oid = {0};
	if (tree && git_tree_entry_bypath(&entry, tree, path) == 0)
		oid = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return oid;
}

/* The parent's tree, or NULL at the first commit; *commit becomes the parent, or NULL. */
static git_tree *step_back(git_commit **commit)
{
	git_commit *older = NULL;
	git_tree *tree = NULL;
	if (git_commit_parent(&older, *commit, 0) == 0)
		git_commit_tree(&tree, older);
	git_commit_free(*commit);
	*commit = older;
	return tree;
}

bool repo_touches(const Repo *repo, const char *const *paths, uint32_t most, RepoTouch *ret_touches, int64_t *ret_now)
{
	git_commit *commit = checked_out(repo);
	git_tree *tree = NULL;
	if (!commit)
		return false;
	uint32_t count = g_strv_length((char **)paths), open = count;
	g_autofree git_oid *last = g_new0(git_oid, count + 1);
	g_autofree bool *done = g_new0(bool, count + 1);
	*ret_now = git_commit_time(commit);
	git_commit_tree(&tree, commit);
	for (uint32_t i = 0; i < count; i++)
		last[i] = identity_of(tree, paths[i]);
	for (uint32_t after = 0; commit && open && after < most; after++) {
		int64_t time = git_commit_time(commit);
		git_tree_free(tree);
		tree = step_back(&commit);
		for (uint32_t i = 0; i < count; i++) {
			git_oid older = identity_of(tree, paths[i]);
			if (done[i])
				continue;
			ret_touches[i] = (RepoTouch){time, after};
			done[i] = !git_oid_equal(&older, &last[i]);
			open -= done[i];
		}
	}
	git_tree_free(tree);
	git_commit_free(commit);
	return true;
}
