/* Readers: bytes and a path in, facts out; no I/O, no look at any other file.
 *
 * Every file is offered to every source, each of which says by path and first bytes whether it reads it. YAML files are
 * read once by source/stream.c, which hands each document to the first dialect that claims it.
 * A source never fails: what it cannot read becomes a PROBLEM node, and reading goes on.
 */
#pragma once

#include "base/arena.h"
#include "fact/fact.h"
#include "source/yaml.h"

typedef struct SourceFile {
	GraphBuilder *builder; /* where facts go; the file is begun */
	Node node;             /* the FILE node */
	Slice path;            /* in the repository, with slashes, no leading one */
	Slice name;            /* last part of path */
	Slice bytes;
	bool executable;
	const char *class;    /* source_path_class of path; source_read fills it in */
	GHashTable *rendered; /* what charts make of releases, by rendered_key; NULL where nobody asked */
	Arena *arena;         /* for this file only: it is reset before the next */
} SourceFile;

typedef struct Source {
	const char *name;
	bool (*matches)(const SourceFile *file);
	void (*read)(const SourceFile *file);
} Source;

typedef struct Dialect {
	const char *name; /* what the FORMAT fact of the file says */
	bool (*claims)(const SourceFile *file, const YamlDocument *document);
	/* document->root is never NULL here; node is the DOCUMENT node. */
	void (*read)(const SourceFile *file, const YamlDocument *document, Node node);
} Dialect;

/* All sources that match the file. */
void source_read(const SourceFile *file);

/* Objects that a part of a file makes which is not read as YAML: broken, a template, or another language. */
void read_manifest_lines(const SourceFile *file, Slice part);

/* What configurations of programs name and define of themselves, anywhere in a document. */
void read_parts(const SourceFile *file, const YamlNode *root, Node document);
/* The ports and folders of Loki and its kin, said of the node, where the map is such a configuration. speaks_… says
 * whether a text may hold one. */
void read_server(const SourceFile *file, const YamlNode *map, Node node);
bool speaks_of_server(Slice text);

/* What a cluster said of itself, saved to a file: PodMetricsList, results of Prometheus, lists of pods and nodes. No
 * source, for such a file is handed over and not found in a repository. */
void read_usage(const SourceFile *file);
/* The same of one list of a cluster, whatever it says that its items are. */
void read_usage_list(const SourceFile *file, const char *kind, const char *version);

/* What archived, dated, vendored, generated, example or test paths are called, or NULL: no demands are made there. */
const char *source_path_class(Slice path);

/* ---- writing facts from YAML ------------------------------------------------------------------ */

/* graph_add and its kin with the place of a YAML scalar; nothing if the node is NULL or no scalar. */
void add_scalar(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar);
void add_scalar_of(const SourceFile *file, Node subject, FactKind kind, const YamlNode *map, const char *key);
void add_number(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar);
/* The flag if the scalar is a plain `true`. */
void add_if_true(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar);
/* One row "key=value" for each pair of scalars of a map. */
void add_pairs(const SourceFile *file, Node subject, FactKind kind, const YamlNode *map);
/* SETS_VALUE rows for the keys of a map of chart values. */
void add_chart_values(const SourceFile *file, Node subject, const YamlNode *values);
/* A node at the place of a scalar and with its text as the name; `at` may be any node, its text is empty then. */
Node add_named(const SourceFile *file, NodeType type, Node parent, const YamlNode *at);
