/* Which line of an ignore file keeps a path out, for rules that ask why something is missing. */
#pragma once

#include "fact/fact.h"

/* All ignore files of a graph, read once. */
typedef struct Ignored Ignored;

Ignored *ignored_new(const Graph *graph);
void ignored_free(Ignored *ignored);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ignored, ignored_free)

/* The PATTERN of a .gitignore that hides a path of the repository, whether or not anything is there; NODE_NONE if it
 * would be tracked. */
Node ignoring_pattern(const Ignored *ignored, const char *path, bool folder);

/* The same for an import that no file of its image gives (NOT_IN_IMAGE): its file or folder would be hidden. Only
 * patterns that match at any depth, so that nobody meant this place, and that name no Python file. ret_path may be
 * NULL; the path is freed with g_free. */
Node ignored_import(const Ignored *ignored, Node import, char **ret_path);

/* A .gitignore hides the file or folder that a lost import of JavaScript means, whatever its ending (MODULE_LOST). */
bool is_ignored_script(const Ignored *ignored, const char *path);
/* The PATTERN of it, where it hides a whole folder of sources that nobody had in mind; NODE_NONE otherwise. ret_folder
 * is that folder with a slash behind it; free with g_free. */
Node ignored_script_folder(const Ignored *ignored, const char *path, char **ret_folder);

/* The ignore file that a Dockerfile's build obeys: DOCKERFILE.dockerignore beside it, or that of the context. */
Node docker_ignore_file(const Graph *graph, Node dockerfile, Slice context);

/* The PATTERN of it that keeps a path of the repository out of the build; for a folder, all that is tracked in it too.
 */
Node docker_ignoring_pattern(Ignored *ignored, Node ignore_file, Slice context, const char *path);
