/* Path patterns with wildcards, as Git and as Docker read them, matched without backtracking. */
#pragma once

#include "base/arena.h"

typedef struct Glob Glob;

/* One pattern of a .gitignore, `!`, leading and trailing slash already taken off. With whole_path the text is a path
 * and no wildcard but `**` crosses a slash; without, the text is a file name. Text is compared byte by byte. NULL for a
 * malformed pattern (open bracket, lone backslash at the end): it matches nothing. */
const Glob *glob_new_git(Slice pattern, bool whole_path, Arena *arena);

/* One cleaned pattern of a .dockerignore, without `!`. `?` and brackets stand for one UTF-8 character.
 * NULL for a malformed pattern: Docker refuses the whole file for it. */
const Glob *glob_new_docker(Slice pattern, Arena *arena);

/* Whether the pattern matches all of the text; costs at most length of the pattern × length of the text. */
bool glob_matches(const Glob *glob, Slice text);
