/* The list of steps is the same file before and after the moment that counts; only its name differs. So taking back
 * needs nothing that going on does not need, and each step can be done again after it was done. */
#include "base/journal.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TEMPORARY ".labwright-new"

typedef enum StepKind { STEP_FOLDER = 'f', STEP_MOVE = 'm', STEP_WRITE = 'w', STEP_REMOVE = 'r' } StepKind;

/* first and second: FOLDER path; MOVE from, to; WRITE temporary file, path; REMOVE path. */
typedef struct Step {
	StepKind kind;
	char *first, *second;
	Slice old, text;
	bool must_exist, executable;
	bool link; /* old and text are where a symbolic link points */
} Step;

struct Journal {
	char *file, *begun; /* the list when it counts, and before */
	int root;
	GArray *steps; /* Step */
};

static bool fail(GError **error, const char *what, const char *path)
{
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot %s %s: %s", what, path, g_strerror(errno));
	return false;
}

static void step_clear(gpointer data)
{
	Step *step = data;
	g_free(step->first);
	g_free(step->second);
}

/* ---- paths ------------------------------------------------------------------------------------------ */

static bool is_safe_part(const char *part)
{
	return *part && strcmp(part, ".") != 0 && strcmp(part, "..") != 0 && strcmp(part, ".git") != 0;
}

static bool is_safe_path(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	for (char **part = parts; *part; part++)
		if (!is_safe_part(*part))
			return false;
	return parts[0] != NULL;
}

/* The folder that holds the path, opened part by part so that no link leads elsewhere; -1 with errno.
 * *ret_name is the last part, within path. */
static int open_folder(int root, const char *path, const char **ret_name)
{
	int folder = dup(root);
	const char *at = path;
	for (const char *slash; folder >= 0 && (slash = strchr(at, '/')); at = slash + 1) {
		g_autofree char *part = g_strndup(at, (size_t)(slash - at));
		int below = -1;
		if (!is_safe_part(part))
			errno = EINVAL;
		else
			below = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int cause = errno;
		close(folder);
		folder = below;
		errno = cause;
	}
	*ret_name = at;
	if (folder >= 0 && !is_safe_part(at)) {
		close(folder);
		errno = EINVAL;
		return -1;
	}
	return folder;
}

static bool exists(int root, const char *path)
{
	const char *name;
	struct stat info;
	int folder = open_folder(root, path, &name);
	bool found = folder >= 0 && fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
	if (folder >= 0)
		close(folder);
	return found;
}

/* ---- noting ----------------------------------------------------------------------------------------- */

Journal *journal_new(const char *root, const char *file, GError **error)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(error, "open", root), NULL;
	Journal *journal = g_new0(Journal, 1);
	journal->root = fd;
	journal->file = g_strdup(file);
	journal->begun = g_strconcat(file, ".begun", NULL);
	journal->steps = g_array_new(FALSE, TRUE, sizeof(Step));
	g_array_set_clear_func(journal->steps, step_clear);
	return journal;
}

void journal_free(Journal *journal)
{
	if (!journal)
		return;
	close(journal->root);
	g_free(journal->file);
	g_free(journal->begun);
	g_array_unref(journal->steps);
	g_free(journal);
}

/* Where a path is before anything has moved: its own move, or that of a folder above it. Free with g_free. */
static char *path_before(const Journal *journal, const char *path)
{
	const Step *best = NULL;
	size_t longest = 0;
	for (guint i = 0; i < journal->steps->len; i++) {
		const Step *step = &g_array_index(journal->steps, Step, i);
		size_t length = step->kind == STEP_MOVE ? strlen(step->second) : 0;
		if (length > longest && strncmp(step->second, path, length) == 0 &&
		        (path[length] == '\0' || path[length] == '/')) {
			best = step;
			longest = length;
		}
	}
	return best ? g_strconcat(best->first, path + longest, NULL) : g_strdup(path);
}

/* Folders that are not there yet are steps of their own, so that they can be taken back. */
static void note_folders(Journal *journal, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		Step step = {.kind = STEP_FOLDER, .first = g_strndup(path, (size_t)(slash - path))};
		g_autofree char *now = path_before(journal, step.first);
		bool known = exists(journal->root, now);
		for (guint i = 0; i < journal->steps->len && !known; i++) {
			const Step *other = &g_array_index(journal->steps, Step, i);
			known = other->kind == STEP_FOLDER && strcmp(other->first, step.first) == 0;
		}
		if (known)
			g_free(step.first);
		else
			g_array_append_val(journal->steps, step);
	}
}

/* Of a file or link that is written beside its path first. */
static void note_write(Journal *journal, const char *path, Step step)
{
	g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
	g_autofree char *hidden = g_strdup_printf(".%s" TEMPORARY, name);
	step.kind = STEP_WRITE;
	step.first = strchr(path, '/') ? g_build_filename(folder, hidden, NULL) : g_strdup(hidden);
	step.second = g_strdup(path);
	note_folders(journal, path);
	g_array_append_val(journal->steps, step);
}

void journal_write(Journal *journal, const char *path, const Slice *old, Slice text, bool executable)
{
	note_write(journal, path,
	        (Step){.old = old ? *old : (Slice){"", 0},
	                .text = text,
	                .must_exist = old != NULL,
	                .executable = executable});
}

void journal_link(Journal *journal, const char *path, Slice old, Slice target)
{
	note_write(journal, path, (Step){.old = old, .text = target, .must_exist = true, .link = true});
}

void journal_move(Journal *journal, const char *path, const char *new_path)
{
	Step step = {.kind = STEP_MOVE, .first = g_strdup(path), .second = g_strdup(new_path)};
	note_folders(journal, new_path);
	g_array_append_val(journal->steps, step);
}

void journal_remove(Journal *journal, const char *path, Slice old)
{
	Step step = {.kind = STEP_REMOVE, .first = g_strdup(path), .old = old, .must_exist = true};
	g_array_append_val(journal->steps, step);
}

/* ---- before it counts -------------------------------------------------------------------------------- */

static bool holds(int fd, Slice text)
{
	char buffer[65536];
	size_t at = 0;
	for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) != 0; at += (size_t)n)
		if (n < 0 || at + (size_t)n > text.length || !text.at || memcmp(buffer, text.at + at, (size_t)n) != 0)
			return false;
	return at == text.length;
}

/* Opens the file as it is now and looks whether it holds what it should; -1 and an error otherwise. */
static int open_old(const Journal *journal, const char *path, Slice old, GError **error)
{
	const char *name;
	g_autofree char *now = path_before(journal, path);
	struct stat info;
	int folder = open_folder(journal->root, now, &name);
	int fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool good = fd >= 0 && fstat(fd, &info) == 0;
	if (!good) {
		fail(error, "open", now);
	} else if (!S_ISREG(info.st_mode) || info.st_nlink > 1) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s is %s, so it is not written", now,
		        S_ISREG(info.st_mode) ? "one of several hard links to a file" : "no plain file");
		good = false;
	} else if (!holds(fd, old)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s has changed since it was read", now);
		error_add_help(error, "nothing was written; run the command again");
		good = false;
	}
	if (folder >= 0)
		close(folder);
	if (!good && fd >= 0)
		close(fd);
	return good ? fd : -1;
}

/* The link as it is now still points where it should. */
static bool look_at_link(const Journal *journal, const Step *step, GError **error)
{
	const char *name;
	g_autofree char *now = path_before(journal, step->second);
	char target[4096];
	int folder = open_folder(journal->root, now, &name);
	ssize_t length = folder < 0 ? -1 : readlinkat(folder, name, target, sizeof target);
	if (folder >= 0)
		close(folder);
	if (length >= 0 && slice_equal((Slice){target, (size_t)length}, step->old))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the link %s has changed since it was read", now);
	error_add_help(error, "nothing was written; run the command again");
	return false;
}

static bool must_not_exist(const Journal *journal, const char *path, GError **error)
{
	g_autofree char *now = path_before(journal, path);
	if (!exists(journal->root, now) && (strcmp(now, path) == 0 || !exists(journal->root, path)))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s is already there", path);
	error_add_help(error, "nothing was written; move it away or delete it first");
	return false;
}

static bool look(const Journal *journal, const Step *step, GError **error)
{
	const char *target = step->second ? step->second : step->first;
	if (!is_safe_path(step->first) || !is_safe_path(target)) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "'%s' is no path inside the repository", target);
		return false;
	}
	if (step->kind == STEP_MOVE) {
		if (exists(journal->root, step->first))
			return !exists(journal->root, target) || must_not_exist(journal, target, error);
		errno = ENOENT;
		return fail(error, "move", step->first);
	}
	if (step->kind == STEP_FOLDER)
		return true;
	const char *path = step->kind == STEP_WRITE ? target : step->first;
	if (!step->must_exist)
		return must_not_exist(journal, path, error);
	if (step->link)
		return look_at_link(journal, step, error);
	int fd = open_old(journal, path, step->old, error);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool write_all(int fd, Slice text)
{
	while (text.length) {
		ssize_t n = write(fd, text.at, text.length);
		if (n < 0)
			return false;
		text = slice_sub(text, (size_t)n, text.length);
	}
	return true;
}

/* Access lists and labels; a file system without them has none to lose. */
static bool copy_attributes(int from, int to)
{
	char names[4096], value[65536];
	ssize_t length = flistxattr(from, names, sizeof names);
	for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, sizeof value);
		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
			return false;
	}
	return true;
}

static bool copy_owner(int from, int to)
{
	struct stat old, fresh;
	if (fstat(from, &old) < 0 || fstat(to, &fresh) < 0)
		return false;
	if ((old.st_uid != fresh.st_uid || old.st_gid != fresh.st_gid) && fchown(to, old.st_uid, old.st_gid) < 0)
		return false;
	return fchmod(to, old.st_mode & 07777) == 0 && copy_attributes(from, to);
}

static bool write_temporary(const Journal *journal, const Step *step, GError **error)
{
	const char *name;
	int old = step->must_exist ? open_old(journal, step->second, step->old, error) : -1;
	if (step->must_exist && old < 0)
		return false;
	g_autofree char *now = path_before(journal, step->first);
	int folder = open_folder(journal->root, now, &name);
	int fd = folder < 0 ? -1
	                    : openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	                              step->executable ? 0777 : 0666);
	bool good = fd >= 0 && write_all(fd, step->text) && (old < 0 || copy_owner(old, fd)) && fsync(fd) == 0;
	if (!good)
		fail(error, "write", step->first);
	int fds[] = {old, folder, fd};
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return good;
}

static bool make_link(const Journal *journal, const Step *step, GError **error)
{
	const char *name;
	g_autofree char *now = path_before(journal, step->first), *target = slice_dup(step->text);
	int folder = open_folder(journal->root, now, &name);
	bool good = folder >= 0 && symlinkat(target, folder, name) == 0;
	if (!good)
		fail(error, "write", step->first);
	if (folder >= 0)
		close(folder);
	return good;
}

static bool make_folder(const Journal *journal, const Step *step, GError **error)
{
	const char *name;
	g_autofree char *now = path_before(journal, step->first);
	int folder = open_folder(journal->root, now, &name);
	bool good = folder >= 0 && (mkdirat(folder, name, 0777) == 0 || errno == EEXIST);
	if (!good)
		fail(error, "make the folder", step->first);
	if (folder >= 0)
		close(folder);
	return good;
}

static bool write_list(const Journal *journal, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (guint i = 0; i < journal->steps->len; i++) {
		const Step *step = &g_array_index(journal->steps, Step, i);
		g_string_append_c(list, (char)step->kind);
		g_string_append_len(list, step->first, (gssize)strlen(step->first) + 1);
		if (step->second)
			g_string_append_len(list, step->second, (gssize)strlen(step->second) + 1);
	}
	int fd = open(journal->begun, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write_all(fd, (Slice){list->str, list->len}) && fsync(fd) == 0;
	if (!good)
		fail(error, "write", journal->begun);
	if (!good && fd >= 0)
		unlink(journal->begun); /* nothing is begun */
	if (fd >= 0)
		close(fd);
	return good;
}

/* ---- once it counts ---------------------------------------------------------------------------------- */

static bool rename_below(int root, const char *from, const char *to, bool replace)
{
	const char *name, *new_name;
	int folder = open_folder(root, from, &name), new_folder = open_folder(root, to, &new_name);
	bool good = folder >= 0 && new_folder >= 0 &&
	            renameat2(folder, name, new_folder, new_name, replace ? 0 : RENAME_NOREPLACE) == 0;
	int cause = errno;
	if (folder >= 0)
		close(folder);
	if (new_folder >= 0)
		close(new_folder);
	errno = cause;
	return good;
}

static bool unlink_below(int root, const char *path, int flags)
{
	const char *name;
	int folder = open_folder(root, path, &name);
	bool good = folder >= 0 && unlinkat(folder, name, flags) == 0;
	int cause = errno;
	if (folder >= 0)
		close(folder);
	errno = cause;
	return good;
}

/* The folders above a path that moved away or went, as far as they are empty. */
static void remove_empty_folders(int root, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	while (strcmp(folder, ".") != 0 && unlink_below(root, folder, AT_REMOVEDIR)) {
		char *above = g_path_get_dirname(folder);
		g_free(folder);
		folder = above;
	}
}

/* A step that was done before has its first file gone; that is no error. */
static bool do_step(const Journal *journal, const Step *step, GError **error)
{
	bool good = true;
	if (step->kind == STEP_MOVE || step->kind == STEP_WRITE)
		good = rename_below(journal->root, step->first, step->second, step->kind == STEP_WRITE) ||
		       (errno == ENOENT && exists(journal->root, step->second));
	else if (step->kind == STEP_REMOVE)
		good = unlink_below(journal->root, step->first, 0) || errno == ENOENT;
	return good ||
	       fail(error, step->kind == STEP_REMOVE ? "remove" : "write", step->second ? step->second : step->first);
}

static bool do_steps(const Journal *journal, GError **error)
{
	static const StepKind order[] = {STEP_MOVE, STEP_WRITE, STEP_REMOVE};
	for (size_t k = 0; k < G_N_ELEMENTS(order); k++)
		for (guint i = 0; i < journal->steps->len; i++) {
			const Step *step = &g_array_index(journal->steps, Step, i);
			if (step->kind == order[k] && !do_step(journal, step, error))
				return false;
		}
	for (guint i = 0; i < journal->steps->len; i++) {
		const Step *step = &g_array_index(journal->steps, Step, i);
		if (step->kind == STEP_MOVE || step->kind == STEP_REMOVE)
			remove_empty_folders(journal->root, step->first);
	}
	syncfs(journal->root); /* the list must not be gone before what it lists is done */
	return unlink(journal->file) == 0 || fail(error, "remove", journal->file);
}

/* As long as something could not be taken back, the list stays for the next run. */
static void take_back(const Journal *journal)
{
	bool gone = true;
	for (guint i = journal->steps->len; i-- > 0;) {
		const Step *step = &g_array_index(journal->steps, Step, i);
		/* A list that was cut off while it was written must not name anybody's file. */
		g_autofree char *now = path_before(journal, step->first);
		if (step->kind == STEP_WRITE && g_str_has_suffix(now, TEMPORARY))
			gone = (unlink_below(journal->root, now, 0) || errno == ENOENT) && gone;
		else if (step->kind == STEP_FOLDER)
			unlink_below(journal->root, now, AT_REMOVEDIR);
	}
	if (gone)
		unlink(journal->begun);
}

static bool prepare(const Journal *journal, GError **error)
{
	for (guint i = 0; i < journal->steps->len; i++)
		if (!look(journal, &g_array_index(journal->steps, Step, i), error))
			return false;
	if (!write_list(journal, error))
		return false;
	bool good = true;
	for (guint i = 0; i < journal->steps->len && good; i++) {
		const Step *step = &g_array_index(journal->steps, Step, i);
		if (step->kind == STEP_FOLDER)
			good = make_folder(journal, step, error);
		else if (step->kind == STEP_WRITE)
			good = step->link ? make_link(journal, step, error) : write_temporary(journal, step, error);
	}
	if (good && (syncfs(journal->root) < 0 || rename(journal->begun, journal->file) < 0))
		good = fail(error, "write", journal->file);
	if (!good)
		take_back(journal);
	return good;
}

bool journal_commit(Journal *journal, GError **error)
{
	if (journal->steps->len == 0)
		return true;
	if (!prepare(journal, error))
		return false;
	if (do_steps(journal, error))
		return true;
	error_add_help(error, "the change is begun and will be ended by the next run");
	return false;
}

/* ---- recovery ---------------------------------------------------------------------------------------- */

static bool read_list(Journal *journal, const char *file, GError **error)
{
	g_autofree char *list = NULL;
	size_t length;
	if (!g_file_get_contents(file, &list, &length, error))
		return false;
	const char *end = list + length;
	for (const char *at = list; at < end;) {
		Step step = {.kind = (StepKind)*at++};
		size_t size = strnlen(at, (size_t)(end - at));
		step.first = g_strndup(at, size);
		at += size + 1;
		if ((step.kind == STEP_MOVE || step.kind == STEP_WRITE) && at < end) {
			size = strnlen(at, (size_t)(end - at));
			step.second = g_strndup(at, size);
			at += size + 1;
		}
		g_array_append_val(journal->steps, step);
	}
	return true;
}

bool journal_recover(const char *root, const char *file, bool *ret_found, GError **error)
{
	*ret_found = false;
	g_autoptr(Journal) journal = journal_new(root, file, error);
	if (!journal)
		return false;
	bool counts = access(journal->file, F_OK) == 0, begun = access(journal->begun, F_OK) == 0;
	*ret_found = counts || begun;
	if (counts)
		return read_list(journal, journal->file, error) && do_steps(journal, error);
	if (begun) {
		if (!read_list(journal, journal->begun, error))
			return false;
		take_back(journal);
	}
	return true;
}

#define LIST "labwright-journal"

Journal *journal_of(const Repo *repo, GError **error)
{
	g_autofree char *list = repo_private_file(repo, LIST);
	return journal_new(repo_root(repo), list, error);
}

bool journal_recover_of(const Repo *repo, bool *ret_found, GError **error)
{
	g_autofree char *list = repo_private_file(repo, LIST);
	return journal_recover(repo_root(repo), list, ret_found, error);
}
