/* Many files of one folder changed as one: whatever happens in between, after the next journal_recover the folder
 * holds either all old files or all new ones.
 *
 * The new texts are written beside their files and synced, and a list of all that is to be done with them; renaming
 * that list to its final name is the moment at which the new state counts. Then each step is done, and the list goes.
 * No symbolic link is followed below the root, and nothing outside of it is touched, but for the list itself.
 */
#pragma once

#include "base/repo.h"
#include "base/slice.h"

#include <glib.h>

typedef struct Journal Journal;

/* root is an absolute path, and so is file: where the list is kept, on the same file system for good measure. */
Journal *journal_new(const char *root, const char *file, GError **error);
void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

/* Each of these only notes what is wanted. Paths lie below the root. old is what the file must still hold when it comes
 * to it; NULL means that there must be no file. Texts are borrowed until the journal is freed. */
void journal_write(Journal *journal, const char *path, const Slice *old, Slice text, bool executable);
/* A symbolic link that points to `old`, by these words, points elsewhere; where that is nobody asks. */
void journal_link(Journal *journal, const char *path, Slice old, Slice target);
/* The file, link or folder moves to a path where nothing is. Noted before what is written at the new path or below it.
 */
void journal_move(Journal *journal, const char *path, const char *new_path);
void journal_remove(Journal *journal, const char *path, Slice old);

/* Does it all: owner, permissions and extended attributes of files stay, folders are made, and those that moves and
 * removals leave empty go. After an error nothing has changed, or the error says that journal_recover has work left. */
bool journal_commit(Journal *journal, GError **error);

/* Ends what an earlier run had begun, or takes it back where it did not count yet. ret_found says whether there was
 * anything. */
bool journal_recover(const char *root, const char *file, bool *ret_found, GError **error);

/* Both of a repository, whose list is kept where Git keeps its own files. */
Journal *journal_of(const Repo *repo, GError **error);
bool journal_recover_of(const Repo *repo, bool *ret_found, GError **error);
