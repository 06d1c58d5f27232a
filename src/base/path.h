/* Paths within a repository: slashes, no leading "./", no final slash; the root is the empty path. */
#pragma once

#include "base/slice.h"

/* All before the last slash ("" at the root), and what follows it. */
Slice path_folder(Slice path);
Slice path_name(Slice path);

/* True if path is the folder itself or lies below it; everything lies below "". */
bool path_is_below(Slice path, Slice folder);
/* The same of one of the folders, NULL-terminated; NULL for all. */
bool path_is_below_any(Slice path, const char *const *folders);

/* Bytes that paths are commonly written with; those of patterns are none. */
bool path_is_byte(char byte);

/* Takes the next word off *rest, which is what slashes, dots, dashes and underscores part; false when nothing is left.
 */
bool path_next_word(Slice *rest, Slice *ret_word);

/* What leads from the folder to the path, both seen from the root. Free with g_free. */
char *path_relative(Slice folder, const char *path);

/* The relative path as seen from a folder, with "." and ".." taken out. NULL if it is absolute, begins with "~" or
 * leads out of the repository. Free with g_free. */
char *path_resolve(Slice folder, Slice relative);

/* Whether an owner's pattern means the path: `docs`, `docs/` and `docs/` with two stars are all that lies below docs;
 * other patterns are the shell's. */
bool path_matches(const char *pattern, const char *path);
