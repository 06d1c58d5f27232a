/* Inside of src/link: what the linkers share while they run. Each stage adds derived rows and indexes them, so that the
 * next one can ask for them. */
#pragma once

#include "fact/fact.h"
#include "link/link.h"

/* How a carrier (a kustomization, a Flux Kustomization, an Application) changes what it brings in. Symbols, 0 is none.
 * Names grow outwards: the outermost prefix stands first. */
typedef struct Context {
	Symbol namespace; /* set whatever is written; LINK_UNKNOWN_NAMESPACE where it cannot be read */
	Symbol fallback;  /* set where none is written */
	Symbol prefix, suffix;
	Node root;    /* the outermost carrier */
	Node applier; /* the Flux Kustomization that puts values in place of ${NAME}, or NODE_NONE */
} Context;

#define LINK_UNKNOWN_NAMESPACE UINT32_MAX

/* So many ways to one file are told apart: a component may serve every program of a cluster. */
#define LINK_MOST_CONTEXTS 128

typedef struct Contexts {
	const Context *at;
	uint32_t count;
} Contexts;

/* What a carrier brings in, with the change that belongs to this way alone. */
typedef struct Edge {
	Node target; /* a KUSTOMIZATION, or the FILE of manifests */
	Node entry;  /* where it is written */
	Context change;
	bool closes; /* leads back to a kustomization on the way here */
} Edge;

typedef struct Carrier {
	Node node;        /* a KUSTOMIZATION, the OBJECT of a Flux Kustomization or Application, or a COMMAND */
	Node root;        /* the same, or one script for all commands: they apply to one cluster */
	GArray *edges;    /* Edge */
	GArray *contexts; /* Context */
	Context own;      /* of a kustomization: what it does to all it brings in, its components included */
	bool has_parent;
	bool silent;     /* reaches files and says nothing about their names */
	bool asked;      /* own is known, or being found */
	uint8_t walk;    /* of the search for circles: not seen, on the way, done */
	guint next_edge; /* of the same */
} Carrier;

typedef struct Linker {
	Graph *graph;
	GHashTable *carriers;   /* Node → Carrier, owned */
	bool mostly_reached;    /* by kustomizations, Flux or Applications; set by link_references */
	GPtrArray *in_order;    /* Carrier, by node */
	GArray **file_contexts; /* by number of file: Context, or NULL where nothing brings the file in */
	bool *taken;            /* by number of file: some carrier applies it */
	GHashTable *opaque;     /* Symbols of the namespaces in which unreadable parts make objects; "*" is one */
	GHashTable *foreign;    /* the same without charts: these make no objects of Flux */
	GHashTable *made_names; /* char *, owned: Kind/name with all values filled in, see link_may_be_named */
	GHashTable *open_names; /* the same where something in the name is not known */
	bool live;              /* some Flux Kustomization or Application brings in files of this repository */
} Linker;

/* The contexts in which a file's objects are applied; none where nothing brings it in. */
Contexts link_contexts(const Linker *linker, uint32_t file);

/* ---- stages, in order -------------------------------------------------------------------------- */

void link_quiet(Graph *graph);
void link_misread(Graph *graph);
void link_idle(Graph *graph);
void link_entries(Graph *graph);
void link_carriers(Linker *linker);
void link_commands(Linker *linker);
void link_circles(Linker *linker);
void link_reach(Linker *linker);
void link_reach_clear(Linker *linker);
void link_identities(Linker *linker);
void link_opaque(Linker *linker);
void link_references(Linker *linker);
void link_selectors(Linker *linker);

Carrier *link_find_carrier(const Linker *linker, Node node);
Carrier *link_add_carrier(Linker *linker, Node node, Node root);

/* The carrier brings the target in, as an entry or word says. */
void link_add_edge(Linker *linker, Carrier *carrier, Node target, Context change, Node entry, Span place);

/* The manifests of a folder, and with recursive those below it and the kustomizations on the way. */
void link_add_folder(
        Linker *linker, Carrier *carrier, Slice folder, bool recursive, Context change, Node entry, Span place);

/* ---- paths -------------------------------------------------------------------------------------- */

typedef enum PlaceKind {
	PLACE_MISSING,
	PLACE_FILE,
	PLACE_FOLDER,
	PLACE_UNKNOWN /* outside of the repository, below a submodule, in a text with variables */
} PlaceKind;

typedef struct Place {
	PlaceKind kind;
	Node file;  /* PLACE_FILE */
	char *path; /* where it is found, links followed; free with g_free */
} Place;

/* What a path, as written in a file of that folder, leads to. */
Place link_find_place(const Graph *graph, Slice folder, Slice path);

/* The same of an entry of Flux or Argo CD, whose paths begin at the root. A value in the path that Flux fills in is
 * told where only one folder fits, or only one beside the entry. */
Place link_find_from_root(const Graph *graph, Node entry, Slice path);

/* The kustomization file of a folder: its KUSTOMIZATION node, the FILE where it could not be read, or NODE_NONE. */
Node link_find_kustomization(const Graph *graph, Slice folder);

/* A path of an ApplicationSet's generator: `*` stays within one part of the path, `**` does not. */
bool link_glob_matches(const char *glob, Slice path);

/* Each folder that such a path is, once: char *, in the order of files. Free with g_ptr_array_unref. */
GPtrArray *link_matching_folders(const Graph *graph, const char *glob);

/* Files [*ret_first, *ret_end) lie below the folder. */
void link_files_below(const Graph *graph, Slice folder, uint32_t *ret_first, uint32_t *ret_end);

/* ---- names -------------------------------------------------------------------------------------- */

bool link_is_kind(const Graph *graph, Node object, const char *kind);
bool link_has_role(const Graph *graph, Node entry, const char *role);
bool link_is_open(const char *text);

/* The group of apiVersion, "" for the core; whether it is an operator's: with a dot and not Kubernetes' own. */
Slice link_group(const Graph *graph, Node object);
bool link_is_custom_group(Slice group);

/* The object (or generated one) is read as a patch or as data and not applied itself. */
bool link_is_patch(const Graph *graph, Node node);

/* "Kind/namespace/name" in one context; the namespace is empty where it is unknown or the kind has none. */
Symbol link_identity(Graph *graph, Node node, const Context *context);

/* The text as Flux leaves it; a copy of it where something in it is not known. Free with g_free. */
char *link_substitute(const Graph *graph, Node applier, const char *text);
bool link_has_substitutes(const Graph *graph, Node applier);

/* Some object of the kind may be called so once the values of ${NAME} are known. */
bool link_may_be_named(const Linker *linker, const char *kind, const char *name);

/* The namespaces that an object may be applied in, unknown ones as 0; at most max, no doubles: with max of
 * them one is 0, for those that found no room. For a patch or a
 * generated object as well. */
uint32_t link_namespaces(const Linker *linker, Node object, Symbol *ret, uint32_t max);

/* A part that cannot be read may put objects of that kind (NULL: any) into the namespace (0: an unknown one). With a
 * name, charts that share no word with it do not count where the namespace is known. */
bool link_may_be_opaque(const Linker *linker, Symbol namespace, const char *kind, const char *name);
