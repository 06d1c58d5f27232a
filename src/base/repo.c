/* Listing and reading; what files were in earlier commits is base/trail.c. Links are never followed and nothing outside
 * the root is opened. */
#include "base/repo.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <sys/stat.h>
#include <unistd.h>

struct Repo {
	RepoView view;
	char *root, *commit;
	int root_fd;
	git_repository *git;
	git_odb *objects;
	Arena *arena;
	GArray *entries; /* RepoEntry */
};

static bool fail_git(GError **error, const char *what, const char *path)
{
	const git_error *cause = git_error_last();
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s %s: %s", what, path,
	        cause ? cause->message : "unknown error");
	return false;
}

static RepoEntry *add_entry(Repo *repo, const char *path, uint32_t mode)
{
	Slice name = slice_from(path);
	RepoEntry entry = {.path = arena_text(repo->arena, name), .length = (uint32_t)name.length};
	if (mode == GIT_FILEMODE_COMMIT)
		entry.kind = REPO_SUBMODULE;
	else if (mode == GIT_FILEMODE_LINK)
		entry.kind = REPO_LINK;
	entry.executable = mode == GIT_FILEMODE_BLOB_EXECUTABLE;
	g_array_append_val(repo->entries, entry);
	return &g_array_index(repo->entries, RepoEntry, repo->entries->len - 1);
}

/* ---- the index ---------------------------------------------------------------------------------- */

/* Git's own test for "unchanged since it was staged"; index_time guards against a change within the same tick. */
static bool is_unchanged(const git_index_entry *entry, const struct stat *now, const struct stat *index_time)
{
	if ((uint32_t)now->st_size != entry->file_size || (int32_t)now->st_mtim.tv_sec != entry->mtime.seconds ||
	        (uint32_t)now->st_mtim.tv_nsec != entry->mtime.nanoseconds || (uint32_t)now->st_ino != entry->ino)
		return false;
	if (now->st_mtim.tv_sec != index_time->st_mtim.tv_sec)
		return now->st_mtim.tv_sec < index_time->st_mtim.tv_sec;
	return now->st_mtim.tv_nsec < index_time->st_mtim.tv_nsec;
}

static struct stat index_time_of(git_index *index)
{
	struct stat time = {0};
	if (git_index_path(index))
		stat(git_index_path(index), &time);
	return time;
}

static void set_blob(RepoEntry *entry, const git_oid *id)
{
	memcpy(entry->blob, id->id, sizeof entry->blob);
	entry->has_blob = true;
}

/* Filters such as git-crypt make the working tree another text than what is stored; then only the stored one counts. */
static bool uses_filters(const Repo *repo)
{
	g_autofree char *path = g_build_filename(repo->root, ".gitattributes", NULL);
	g_autofree char *text = NULL;
	return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "filter=") != NULL;
}

static bool list_index(Repo *repo, GError **error)
{
	git_index *index = NULL;
	if (git_repository_index(&index, repo->git) < 0)
		return fail_git(error, "cannot read the Git index of", repo->root);
	struct stat index_time = index_time_of(index), now;
	bool bare = git_repository_is_bare(repo->git);
	bool from_disk = !bare && !uses_filters(repo);
	size_t count = git_index_entrycount(index);
	for (size_t i = 0; i < count; i++) {
		const git_index_entry *staged = git_index_get_byindex(index, i);
		if (git_index_entry_stage(staged) > 1)
			continue; /* of a conflict one side is read */
		RepoEntry *entry = add_entry(repo, staged->path, staged->mode);
		set_blob(entry, &staged->id);
		entry->from_disk = from_disk && entry->kind == REPO_FILE &&
		                   fstatat(repo->root_fd, staged->path, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		                   is_unchanged(staged, &now, &index_time);
	}
	git_index_free(index);
	return true;
}

/* ---- a commit ----------------------------------------------------------------------------------- */

static int add_tree_entry(const char *folder, const git_tree_entry *found, void *data)
{
	Repo *repo = data;
	if (git_tree_entry_type(found) == GIT_OBJECT_TREE)
		return 0;
	g_autofree char *path = g_strconcat(folder, git_tree_entry_name(found), NULL);
	RepoEntry *entry = add_entry(repo, path, git_tree_entry_filemode(found));
	set_blob(entry, git_tree_entry_id(found));
	return 0;
}

static bool list_revision(Repo *repo, const char *revision, GError **error)
{
	git_object *object = NULL, *tree = NULL;
	if (git_revparse_single(&object, repo->git, revision) < 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no commit is called '%s' in %s", revision,
		        repo->root);
		if (strchr(revision, '/'))
			error_add_help(error,
			        "fetch it first; a forge's checkout holds one commit unless it is told to fetch all "
			        "(fetch-depth: 0)");
		return false;
	}
	bool good = git_object_peel(&tree, object, GIT_OBJECT_TREE) == 0 &&
	            git_tree_walk((git_tree *)tree, GIT_TREEWALK_PRE, add_tree_entry, repo) == 0;
	if (good) {
		g_free(repo->commit);
		repo->commit = g_strdup(git_oid_tostr_s(git_object_id(object)));
	} else {
		fail_git(error, "cannot list commit", revision);
	}
	git_object_free(tree);
	git_object_free(object);
	return good;
}

/* ---- folders ------------------------------------------------------------------------------------- */

/* Folders that hold other people's files by convention; a folder without Git has no ignore rules to say so. */
static bool is_foreign_folder(const char *name)
{
	static const char *const names[] = {".git", "node_modules", ".venv", "__pycache__", ".terraform", ".cache"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_ignored(const Repo *repo, git_index *index, const char *path, bool folder)
{
	int ignored = 0;
	if (!repo->git || (!folder && git_index_get_bypath(index, path, 0)))
		return false;
	return git_ignore_path_is_ignored(&ignored, repo->git, path) == 0 && ignored;
}

static void list_folder(Repo *repo, git_index *index, const char *folder, uint32_t depth)
{
	g_autofree char *full = g_build_filename(repo->root, folder, NULL);
	g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
	if (!dir || depth > 200)
		return;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = *folder ? g_strconcat(folder, "/", name, NULL) : g_strdup(name);
		struct stat info;
		if (is_foreign_folder(name) || fstatat(repo->root_fd, path, &info, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (is_ignored(repo, index, path, S_ISDIR(info.st_mode)))
			continue;
		if (S_ISDIR(info.st_mode)) {
			list_folder(repo, index, path, depth + 1);
		} else if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) {
			uint32_t mode = S_ISLNK(info.st_mode)    ? GIT_FILEMODE_LINK
			                : info.st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE
			                                         : GIT_FILEMODE_BLOB;
			add_entry(repo, path, mode)->from_disk = true;
		}
	}
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const RepoEntry *)a)->path, ((const RepoEntry *)b)->path);
}

/* Which files of the working tree are what was staged of them. */
static void find_blobs(Repo *repo, git_index *index)
{
	struct stat index_time = index_time_of(index), now;
	for (guint i = 0; i < repo->entries->len; i++) {
		RepoEntry *entry = &g_array_index(repo->entries, RepoEntry, i);
		const git_index_entry *staged = git_index_get_bypath(index, entry->path, 0);
		if (staged && entry->kind == REPO_FILE &&
		        fstatat(repo->root_fd, entry->path, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		        is_unchanged(staged, &now, &index_time))
			set_blob(entry, &staged->id);
	}
}

/* What was added in spite of an ignore rule is tracked all the same, also in a folder that is ignored as a whole. */
static void list_tracked(Repo *repo, git_index *index)
{
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < repo->entries->len; i++)
		g_hash_table_add(known, (gpointer)repo_entry(repo, i)->path);
	for (size_t i = 0; index && i < git_index_entrycount(index); i++) {
		const git_index_entry *staged = git_index_get_byindex(index, i);
		struct stat info;
		if (!g_hash_table_contains(known, staged->path) && staged->mode != GIT_FILEMODE_COMMIT &&
		        fstatat(repo->root_fd, staged->path, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode))
			add_entry(repo, staged->path, staged->mode)->from_disk = true;
	}
}

static bool list_worktree(Repo *repo, GError **error)
{
	git_index *index = NULL;
	if (repo->git && git_repository_index(&index, repo->git) < 0)
		return fail_git(error, "cannot read the Git index of", repo->root);
	list_folder(repo, index, "", 0);
	list_tracked(repo, index);
	if (index)
		find_blobs(repo, index);
	git_index_free(index);
	g_array_sort(repo->entries, compare_entries);
	return true;
}

/* ---- opening --------------------------------------------------------------------------------------- */

static void find_commit(Repo *repo)
{
	git_oid head;
	if (git_reference_name_to_id(&head, repo->git, "HEAD") == 0)
		repo->commit = g_strdup(git_oid_tostr_s(&head));
}

static bool open_git(Repo *repo, const char *path)
{
	/* Reading only: who owns the folder does not matter, as no hook and no command of its configuration is ever
	 * run. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	if (git_repository_open_ext(&repo->git, path, 0, NULL) < 0)
		return false;
	const char *root = git_repository_workdir(repo->git);
	repo->root = g_strdup(root ? root : git_repository_path(repo->git));
	size_t length = strlen(repo->root);
	if (length > 1 && repo->root[length - 1] == '/')
		repo->root[length - 1] = '\0';
	find_commit(repo);
	return git_repository_odb(&repo->objects, repo->git) == 0;
}

static bool list_entries(Repo *repo, const char *revision, GError **error)
{
	switch (repo->view) {
	case REPO_INDEX:
		return list_index(repo, error);
	case REPO_REVISION:
		return list_revision(repo, revision, error);
	default:
		return list_worktree(repo, error);
	}
}

/* Debian's libgit2 reads the certificates of all authorities whenever it starts, which takes some 5 ms.
 * Nothing is ever fetched through libgit2 here, so what it calls for that finds none. Declared as Mbed TLS does; a
 * libgit2 that uses another library for TLS does not know the name. */
__attribute__((used, visibility("default"))) int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	return 0;
}

Repo *repo_open(const char *path, RepoView view, const char *revision, GError **error)
{
	g_autofree char *real = realpath(path, NULL);
	if (!real) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "cannot open '%s': %s", path, g_strerror(errno));
		return NULL;
	}
	g_autoptr(Repo) repo = g_new0(Repo, 1);
	git_libgit2_init();
	repo->root_fd = -1;
	repo->view = view;
	repo->arena = arena_new();
	repo->entries = g_array_new(FALSE, FALSE, sizeof(RepoEntry));
	if (view == REPO_FOLDER || !open_git(repo, real)) {
		if (view == REPO_REVISION) {
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
			        "'%s' is no Git repository, so it has no commits", path);
			return NULL;
		}
		repo->view = REPO_FOLDER;
		g_free(repo->root);
		repo->root = g_file_test(real, G_FILE_TEST_IS_DIR) ? g_strdup(real) : g_path_get_dirname(real);
	}
	repo->root_fd = open(repo->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (repo->root_fd < 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot open %s: %s", repo->root,
		        g_strerror(errno));
		return NULL;
	}
	return list_entries(repo, revision, error) ? g_steal_pointer(&repo) : NULL;
}

void repo_free(Repo *repo)
{
	if (!repo)
		return;
	git_odb_free(repo->objects);
	git_repository_free(repo->git);
	git_libgit2_shutdown();
	if (repo->root_fd >= 0)
		close(repo->root_fd);
	g_free(repo->root);
	g_free(repo->commit);
	arena_free(repo->arena);
	g_array_unref(repo->entries);
	g_free(repo);
}

RepoView repo_view(const Repo *repo)
{
	return repo->view;
}

const char *repo_root(const Repo *repo)
{
	return repo->root;
}

const char *repo_commit(const Repo *repo)
{
	return repo->commit;
}

struct git_repository *repo_git(const Repo *repo)
{
	return repo->git;
}

bool repo_is_unborn(const Repo *repo)
{
	return repo->git && git_repository_head_unborn(repo->git) == 1;
}

size_t repo_count(const Repo *repo)
{
	return repo->entries->len;
}

const RepoEntry *repo_entry(const Repo *repo, size_t index)
{
	return &g_array_index(repo->entries, RepoEntry, index);
}

char *repo_relative(const Repo *repo, const char *path)
{
	g_autofree char *real = realpath(path, NULL);
	size_t length = strlen(repo->root);
	if (!real || strncmp(real, repo->root, length) != 0 || (real[length] != '\0' && real[length] != '/'))
		return NULL;
	return g_strdup(real[length] ? real + length + 1 : "");
}

bool repo_is_tracked(const Repo *repo, const char *path)
{
	git_index *index = NULL;
	if (!repo->git || git_repository_index(&index, repo->git) < 0)
		return false;
	bool tracked = git_index_get_bypath(index, path, 0) != NULL;
	git_index_free(index);
	return tracked;
}

bool repo_ignores(const Repo *repo, const char *path)
{
	return repo->git && !repo_is_tracked(repo, path) && is_ignored(repo, NULL, path, true);
}

char *repo_private_file(const Repo *repo, const char *name)
{
	if (repo->git)
		return g_build_filename(git_repository_path(repo->git), name, NULL);
	return g_strdup_printf("%s/.%s", repo->root, name);
}

char *repo_diff(const char *path, const Slice *old, const Slice *now)
{
	git_patch *patch = NULL;
	git_buf text = {0};
	git_diff_options options;
	git_libgit2_init();
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_FORCE_TEXT;
	bool good = git_patch_from_buffers(&patch, old ? old->at : NULL, old ? old->length : 0, path,
	                    now ? now->at : NULL, now ? now->length : 0, path, &options) == 0 &&
	            git_patch_to_buf(&text, patch) == 0;
	char *diff = g_strndup(good && text.ptr ? text.ptr : "", good ? text.size : 0);
	git_buf_dispose(&text);
	git_patch_free(patch);
	git_libgit2_shutdown();
	return diff;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

#define PEEK 8192

static RepoRead read_disk(
        const Repo *repo, const RepoEntry *entry, size_t most, Arena *arena, Slice *ret_bytes, const char **ret_problem)
{
	/* O_NONBLOCK: a pipe that took the file's place must not stop the check. */
	int fd = openat(repo->root_fd, entry->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat info;
	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
		*ret_problem = errno == EACCES ? "permission denied" : "not readable as a file";
		if (fd >= 0)
			close(fd);
		return REPO_UNREADABLE;
	}
	size_t size = (size_t)info.st_size, used = 0, wanted = size > most ? PEEK : size;
	char *bytes = arena_bytes(arena, wanted + 1);
	for (ssize_t n; used < wanted && (n = read(fd, bytes + used, wanted - used)) > 0;)
		used += (size_t)n;
	close(fd);
	bytes[used] = '\0';
	*ret_bytes = (Slice){bytes, used};
	if (memchr(bytes, '\0', MIN(used, PEEK)))
		return REPO_BINARY;
	return size > most ? REPO_TOO_LARGE : REPO_READ;
}

static RepoRead read_blob(
        const Repo *repo, const RepoEntry *entry, size_t most, Arena *arena, Slice *ret_bytes, const char **ret_problem)
{
	git_oid id;
	git_odb_object *object = NULL;
	size_t size;
	git_object_t type;
	memcpy(id.id, entry->blob, sizeof entry->blob);
	if (git_odb_read_header(&size, &type, repo->objects, &id) < 0 ||
	        (size <= most && git_odb_read(&object, repo->objects, &id) < 0)) {
		*ret_problem = "its Git object is missing or damaged";
		return REPO_UNREADABLE;
	}
	if (!object)
		return REPO_TOO_LARGE;
	Slice blob = {git_odb_object_data(object), git_odb_object_size(object)};
	RepoRead result = memchr(blob.at, '\0', MIN(blob.length, PEEK)) ? REPO_BINARY : REPO_READ;
	if (result == REPO_READ)
		*ret_bytes = (Slice){arena_text(arena, blob), blob.length};
	git_odb_object_free(object);
	return result;
}

static RepoRead read_link(
        const Repo *repo, const RepoEntry *entry, Arena *arena, Slice *ret_bytes, const char **ret_problem)
{
	char target[4096];
	ssize_t length = readlinkat(repo->root_fd, entry->path, target, sizeof target);
	if (length < 0) {
		*ret_problem = "the link cannot be read";
		return REPO_UNREADABLE;
	}
	*ret_bytes = (Slice){arena_text(arena, (Slice){target, (size_t)length}), (size_t)length};
	return REPO_READ;
}

RepoRead repo_read(
        const Repo *repo, size_t index, size_t most, Arena *arena, Slice *ret_bytes, const char **ret_problem)
{
	const RepoEntry *entry = repo_entry(repo, index);
	*ret_bytes = (Slice){"", 0};
	*ret_problem = NULL;
	if (entry->kind == REPO_SUBMODULE) {
		*ret_problem = "submodule";
		return REPO_UNREADABLE;
	}
	RepoRead result;
	if (!entry->from_disk)
		result = read_blob(repo, entry, most, arena, ret_bytes, ret_problem);
	else if (entry->kind == REPO_LINK)
		result = read_link(repo, entry, arena, ret_bytes, ret_problem);
	else
		result = read_disk(repo, entry, most, arena, ret_bytes, ret_problem);
	if (result != REPO_READ)
		*ret_bytes = (Slice){"", 0};
	return result;
}

bool repo_read_blob(const Repo *repo, size_t index, size_t most, Arena *arena, Slice *ret_bytes)
{
	const RepoEntry *entry = repo_entry(repo, index);
	const char *problem;
	return entry->has_blob && repo->objects &&
	       read_blob(repo, entry, most, arena, ret_bytes, &problem) == REPO_READ;
}

bool repo_is_blob(const RepoEntry *entry, Slice bytes)
{
	char head[32];
	guint8 id[sizeof entry->blob];
	gsize length = sizeof id;
	int head_length = g_snprintf(head, sizeof head, "blob %zu", bytes.length) + 1;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	g_checksum_update(sum, (const guchar *)head, head_length);
	g_checksum_update(sum, (const guchar *)bytes.at, (gssize)bytes.length);
	g_checksum_get_digest(sum, id, &length);
	return entry->has_blob && memcmp(id, entry->blob, sizeof id) == 0;
}

bool repo_read_path(const Repo *repo, const char *path, Arena *arena, Slice *ret_bytes)
{
	const char *problem;
	RepoEntry entry = {.path = path, .from_disk = true};
	g_autofree char *full = g_build_filename(repo->root, path, NULL), *real = realpath(full, NULL);
	/* A link on the way may lead anywhere. */
	return real && strcmp(real, full) == 0 &&
	       read_disk(repo, &entry, (size_t)16 * 1024 * 1024, arena, ret_bytes, &problem) == REPO_READ;
}
