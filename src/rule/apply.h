/* What scripts, documents and task files apply by hand, for rules that must not call it forgotten. Each call reads the
 * text files, so ask only about what is already suspicious. */
#pragma once

#include "fact/fact.h"

/* A command names the file. */
bool is_file_applied(const Graph *graph, const char *path);

/* A command names the folder as a whole. `apply -k` counts only where lists says so, since it takes no more than the
 * kustomization of the folder lists. */
bool is_folder_applied(const Graph *graph, Slice folder, bool lists);

/* The file is no manifest and no kustomization; for search_word. */
bool is_script_or_document(const Graph *graph, uint32_t file, void *data);

/* The line at a place tells somebody to apply something. */
bool is_apply_command(const Graph *graph, Span place);
