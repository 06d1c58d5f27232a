/* Looking for a word in all files, for rules that must know whether anything at all speaks of a thing before they say
 * that it is missing. Called only once something is suspicious: it reads every byte. */
#pragma once

#include "fact/fact.h"

/* The section of a document that `organize` writes begins with this line. What it says is said by the files themselves,
 * so that no search looks there. */
#define STRUCTURE_BEGIN "<!-- labwright: written by organize, from here -->\n"

/* Which files are looked at (NULL: all), and whether a use of the word is what is looked for (NULL: any). */
typedef bool SearchFile(const Graph *graph, uint32_t file, void *data);
typedef bool SearchAccept(const Graph *graph, Span word, void *data);

/* The first use of the word that stands on its own: no letter, digit, `_`, `-` or `.` is joined to it. */
bool search_word(const Graph *graph, Slice word, SearchFile *in_file, SearchAccept *accept, void *data, Span *ret_span);

/* True if any of the words stands on its own in any of the files: a file is searched for all of them while it is at
 * hand. words ends with NULL. */
bool search_any_word(const Graph *graph, const char *const *words, SearchFile *in_file, void *data);

/* Calls found for each use of a variable's name. names holds the names as Symbols of the graph (g_direct_hash). */
typedef void NameFound(const Graph *graph, Symbol name, Span span, void *data);
void search_names(const Graph *graph, GHashTable *names, SearchFile *in_file, NameFound *found, void *data);

/* True if the text holds one of the parts, which end with NULL. */
bool text_has_part(const char *text, const char *const *parts);

/* A line of configuration that is put out of use: what it names may come, or was taken from a guide. */
bool is_on_comment_line(const Graph *graph, Span place);

/* True if the text holds the other. */
bool text_has(Slice text, const char *other);
