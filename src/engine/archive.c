/* Tar archives by libarchive: in memory for the engine, contexts of builds and owners of volumes' top folders; and
 * charts that were fetched, as the files they hold.
 *
 * The library is loaded when an engine is opened or an archive unpacked, and not when the program starts: with the
 * eleven that it needs itself that takes 3 ms, and `check`, which has no use for it, takes some 30 for several hundred
 * files. */
#include "engine/inner.h"

#include "base/error.h"
#include "base/ignore.h"
#include "base/library.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#define LIBRARY "libarchive.so.13"

/* clang-format off */
#define FUNCTIONS(each) \
	each(archive_entry_filetype) \
	each(archive_entry_free) \
	each(archive_entry_new) \
	each(archive_entry_pathname) \
	each(archive_entry_set_filetype) \
	each(archive_entry_set_gid) \
	each(archive_entry_set_pathname) \
	each(archive_entry_set_perm) \
	each(archive_entry_set_size) \
	each(archive_entry_set_symlink) \
	each(archive_entry_size) \
	each(archive_entry_size_is_set) \
	each(archive_read_data) \
	each(archive_read_free) \
	each(archive_read_new) \
	each(archive_read_next_header) \
	each(archive_read_open_filename) \
	each(archive_read_support_filter_gzip) \
	each(archive_read_support_format_tar) \
	each(archive_write_close) \
	each(archive_write_data) \
	each(archive_write_free) \
	each(archive_write_header) \
	each(archive_write_new) \
	each(archive_write_open) \
	each(archive_write_set_bytes_per_block) \
	each(archive_write_set_format_pax_restricted)
/* clang-format on */

#define FUNCTION(name) __typeof__(name) *name;
static struct {
	FUNCTIONS(FUNCTION)
} tar_library;

/* Called from one thread. */
bool archive_load(GError **error)
{
#define FOUND(name) {#name, (gpointer *)&tar_library.name},
	const LibraryFunction functions[] = {FUNCTIONS(FOUND)};
	if (tar_library.archive_write_new)
		return true;
	if (library_load(LIBRARY, functions, G_N_ELEMENTS(functions), error))
		return true;
	tar_library.archive_write_new = NULL;
	g_prefix_error(error, "archives are read and written by libarchive: ");
	error_add_help(error, "on Debian: apt install libarchive13");
	return false;
}

typedef struct Tar {
	struct archive *archive;
	GByteArray *bytes;
} Tar;

static la_ssize_t take_bytes(struct archive *archive, void *data, const void *bytes, size_t length)
{
	g_byte_array_append(data, bytes, (guint)length);
	return (la_ssize_t)length;
}

static Tar tar_new(void)
{
	Tar tar = {tar_library.archive_write_new(), g_byte_array_new()};
	tar_library.archive_write_set_format_pax_restricted(tar.archive);
	tar_library.archive_write_set_bytes_per_block(tar.archive, 0);
	tar_library.archive_write_open(tar.archive, tar.bytes, NULL, take_bytes, NULL);
	return tar;
}

static GBytes *tar_end(Tar *tar)
{
	tar_library.archive_write_close(tar->archive);
	tar_library.archive_write_free(tar->archive);
	return g_byte_array_free_to_bytes(tar->bytes);
}

static void tar_add(Tar *tar, const char *name, mode_t type, uint32_t mode, int group, const void *bytes, size_t length)
{
	struct archive_entry *entry = tar_library.archive_entry_new();
	tar_library.archive_entry_set_pathname(entry, name);
	tar_library.archive_entry_set_filetype(entry, type);
	tar_library.archive_entry_set_perm(entry, (mode_t)mode);
	tar_library.archive_entry_set_size(entry, (la_int64_t)length);
	if (group >= 0)
		tar_library.archive_entry_set_gid(entry, group);
	tar_library.archive_write_header(tar->archive, entry);
	if (length)
		tar_library.archive_write_data(tar->archive, bytes, length);
	tar_library.archive_entry_free(entry);
}

GBytes *archive_folder(const char *name, uint32_t mode, int group)
{
	Tar tar = tar_new();
	tar_add(&tar, name, AE_IFDIR, mode, group, NULL, 0);
	return tar_end(&tar);
}

GBytes *archive_file(const char *name, const void *bytes, size_t length, uint32_t mode)
{
	Tar tar = tar_new();
	tar_add(&tar, name, AE_IFREG, mode, 0, bytes, length);
	return tar_end(&tar);
}

/* ---- a folder ------------------------------------------------------------------------------------------------- */

typedef struct Tree {
	Tar tar;
	const char *root;
	const IgnoreFile *ignore;
	const char *dockerfile;
	bool has_exception; /* a later `!` may bring back what is below an ignored folder */
} Tree;

static bool is_left_out(const Tree *tree, const char *below)
{
	if (!tree->ignore || strcmp(below, tree->dockerfile) == 0 || strcmp(below, ".dockerignore") == 0)
		return false;
	return ignore_decide_context(tree->ignore, slice_from(below)).ignored;
}

static bool add_file(Tree *tree, const char *path, const char *below, const GStatBuf *info, GError **error)
{
	g_autofree char *bytes = NULL;
	gsize length;
	if (!g_file_get_contents(path, &bytes, &length, error))
		return false;
	tar_add(&tree->tar, below, AE_IFREG, (uint32_t)info->st_mode & 07777, 0, bytes, length);
	return true;
}

static bool add_link(Tree *tree, const char *path, const char *below, GError **error)
{
	g_autofree char *target = g_file_read_link(path, error);
	if (!target)
		return false;
	struct archive_entry *entry = tar_library.archive_entry_new();
	tar_library.archive_entry_set_pathname(entry, below);
	tar_library.archive_entry_set_filetype(entry, AE_IFLNK);
	tar_library.archive_entry_set_symlink(entry, target);
	tar_library.archive_entry_set_perm(entry, 0777);
	tar_library.archive_write_header(tree->tar.archive, entry);
	tar_library.archive_entry_free(entry);
	return true;
}

static bool add_folder(Tree *tree, const char *folder, uint32_t depth, GError **error);

static bool add_path(Tree *tree, const char *below, uint32_t depth, GError **error)
{
	g_autofree char *path = g_build_filename(tree->root, below, NULL);
	GStatBuf info;
	bool left_out = is_left_out(tree, below);
	if (g_lstat(path, &info) != 0)
		return true; /* gone since the folder was listed */
	if (S_ISDIR(info.st_mode)) {
		if (left_out && !tree->has_exception)
			return true;
		if (!left_out)
			tar_add(&tree->tar, below, AE_IFDIR, (uint32_t)info.st_mode & 07777, 0, NULL, 0);
		return add_folder(tree, below, depth + 1, error);
	}
	if (left_out)
		return true;
	if (S_ISLNK(info.st_mode))
		return add_link(tree, path, below, error);
	return !S_ISREG(info.st_mode) || add_file(tree, path, below, &info, error);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_folder(Tree *tree, const char *folder, uint32_t depth, GError **error)
{
	g_autofree char *path = *folder ? g_build_filename(tree->root, folder, NULL) : g_strdup(tree->root);
	g_autoptr(GDir) dir = depth > 200 ? NULL : g_dir_open(path, 0, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	if (!dir)
		return depth > 200;
	while ((name = g_dir_read_name(dir)))
		if (*folder || strcmp(name, ".git") != 0)
			g_ptr_array_add(names, *folder ? g_build_filename(folder, name, NULL) : g_strdup(name));
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len; i++)
		if (!add_path(tree, names->pdata[i], depth, error))
			return false;
	return true;
}

GBytes *archive_tree(const char *folder, const char *dockerfile, GError **error)
{
	g_autoptr(Arena) arena = arena_new();
	g_autofree char *path = g_build_filename(folder, ".dockerignore", NULL), *text = NULL;
	gsize length;
	Tree tree = {.root = folder, .dockerfile = dockerfile};
	if (g_file_get_contents(path, &text, &length, NULL)) {
		tree.ignore = ignore_read(IGNORE_DOCKER, (Slice){text, length}, SLICE(""), arena);
		for (size_t i = 0; i < tree.ignore->count; i++)
			tree.has_exception |= tree.ignore->patterns[i].negated;
	}
	tree.tar = tar_new();
	bool fine = add_folder(&tree, "", 0, error);
	g_autoptr(GBytes) bytes = tar_end(&tree.tar);
	return fine ? g_steal_pointer(&bytes) : NULL;
}

/* ---- what an archive holds ------------------------------------------------------------------------------------ */

#define BLOCK 65536

static bool write_entry(
        struct archive *archive, struct archive_entry *entry, const char *folder, size_t length, GError **error)
{
	g_autofree char *path = g_build_filename(folder, tar_library.archive_entry_pathname(entry), NULL);
	g_autofree char *parent = g_path_get_dirname(path), *bytes = g_malloc(length + 1);
	la_ssize_t got = 1;
	size_t done = 0;
	while (done < length && got > 0) {
		got = tar_library.archive_read_data(archive, bytes + done, MIN(length - done, BLOCK));
		done += got > 0 ? (size_t)got : 0;
	}
	if (done < length) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it ends in the middle of a file");
		return false;
	}
	g_mkdir_with_parents(parent, 0700);
	return g_file_set_contents_full(path, bytes, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

/* Folders are made for what they hold. */
static bool unpack_entry(
        struct archive *archive, struct archive_entry *entry, const char *folder, size_t *left, GError **error)
{
	la_int64_t size =
	        tar_library.archive_entry_size_is_set(entry) ? tar_library.archive_entry_size(entry) : INT64_MAX;
	mode_t type = tar_library.archive_entry_filetype(entry);
	if (type == AE_IFDIR)
		return true;
	const char *path = tar_library.archive_entry_pathname(entry);
	if (type != AE_IFREG || !path || !is_sane_key(path)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it holds links, or leads out of its folder");
		return false;
	}
	if (size < 0 || (size_t)size > *left) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "it holds too much");
		return false;
	}
	*left -= (size_t)size;
	return write_entry(archive, entry, folder, (size_t)size, error);
}

bool archive_unpack(const char *path, const char *folder, uint32_t files, size_t bytes, GError **error)
{
	g_autoptr(GError) trouble = NULL;
	if (!archive_load(error))
		return false;
	struct archive *archive = tar_library.archive_read_new();
	struct archive_entry *entry;
	tar_library.archive_read_support_filter_gzip(archive);
	tar_library.archive_read_support_format_tar(archive);
	int state = tar_library.archive_read_open_filename(archive, path, BLOCK);
	while (state == ARCHIVE_OK && !trouble &&
	        (state = tar_library.archive_read_next_header(archive, &entry)) == ARCHIVE_OK && files-- > 0)
		unpack_entry(archive, entry, folder, &bytes, &trouble);
	tar_library.archive_read_free(archive);
	if (!trouble && state != ARCHIVE_EOF)
		g_set_error(&trouble, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        state == ARCHIVE_OK ? "it holds too many files" : "it is no archive of a chart");
	if (!trouble)
		return true;
	g_propagate_error(error, g_steal_pointer(&trouble));
	return false;
}
