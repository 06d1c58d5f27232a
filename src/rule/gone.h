/* Paths that files name and that are not there: which texts are paths at all, what is absent on purpose, and findings
 * by cause, so that one folder that is gone is one finding however many names below it are written. */
#pragma once

#include "rule/ignored.h"
#include "rule/moved.h"
#include "rule/rule.h"

/* True for a document that speaks of what is to come. */
bool is_plan(Slice document);

/* True for a text that stands for one path of some repository: no variables, wildcards, URLs or paths of a machine. */
bool is_literal_path(Slice path);
/* Without the anchor, the query and the `:12` of a line. */
Slice bare_path(Slice path);
/* The first folder of a path, "./" and "../" aside; empty for a mere name. */
Slice first_part(Slice path);
bool has_extension(Slice path);

/* A file or folder of the repository, or something below a submodule or link. path has the form of base/path.h. */
bool path_exists(const Graph *graph, Slice path);
/* The same for a path as written at that folder, also as a page whose ending is left out. */
bool exists_below(const Graph *graph, Slice folder, Slice path);
/* From the folder and from every folder above it, the root last. True for one that leads out of the repository from
 * where it is written: that is not ours to say. */
bool exists_above(const Graph *graph, Slice folder, Slice path);

typedef struct Gone Gone;

/* what begins the message of a finding: "the document names". Free with gone_free. */
Gone *gone_new(Checker *checker, const char *what);
void gone_free(Gone *gone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gone, gone_free)

/* Files of one machine, secrets, what programs write and what .gitignore keeps out: not there, and meant so. */
bool is_kept_out(const Gone *gone, Slice folder, Slice path);

/* A name that so many folders have that the only one left proves nothing. */
bool is_common_name(Slice name);

/* The one file of that name that is no archive or sample, where the name says something; NODE_NONE otherwise. */
Node find_moved(const Gone *gone, Slice path);

/* What moved where; made when it is first asked for. */
const Moved *gone_moved(Gone *gone);

/* Some path of the repository ends with these folders and name: the text is short for it. */
bool is_short_form(const Gone *gone, Slice path);

/* Notes a mention of a path that is not there. full is the path from the root, and decides what is one cause. */
void gone_add(Gone *gone, Level level, Node subject, Span span, Slice full);
/* Reports all that was noted. */
void gone_report(Gone *gone);
