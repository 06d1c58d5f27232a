/* Where what was at a path is now, and how that is written in the place of the old path. */
#pragma once

#include "fact/fact.h"

typedef struct Moved Moved;

/* An index of the last names of all files and folders in which demands are made. Free with moved_free. */
Moved *moved_new(const Graph *graph);
void moved_free(Moved *moved);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Moved, moved_free)

/* The one file or folder that shares the most last parts with the path, two at least or a name that says something;
 * NULL for none and for several. Borrowed. */
const char *moved_to(const Moved *moved, const char *path);

/* The path that is there and has one part, a folder or the name, that is nearly the one that is missing, by at most so
 * many steps (see base/near.h); NULL for none and for two. Free with g_free. */
char *moved_near(const Graph *graph, const char *path, unsigned most);

/* What stands in a file of that folder for the path `full`, made to stand for `now`: from the root, from the folder or
 * from a folder between, as it was. Quotes, "./", a final slash, globs and what follows # and ? stay. NULL where the
 * text does not mean `full`. Free with g_free. */
char *moved_text(Slice written, Slice folder, const char *full, const char *now);

/* The same where both the file and what it names may move: relative to the old folder it means `full`, relative to the
 * new folder it shall mean `now`. */
char *moved_between(Slice written, Slice old_folder, Slice new_folder, const char *full, const char *now);
