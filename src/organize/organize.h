/* Where each part of a repository belongs, and what must be rewritten when it goes there. Pure questions to the graph;
 * flow/organize.c proves and writes the answers.
 *
 * A part is the highest folder that itself holds something that runs (manifests, a compose file, a Dockerfile, a
 * chart), or a loose file at the root. A part moves as a whole, so that paths within it stay right.
 */
#pragma once

#include "base/arena.h"
#include "base/repo.h"
#include "edit/edit.h"
#include "fact/fact.h"

/* from and to are paths below the root: of a folder, or of one file. */
typedef struct PartMove {
	const char *from, *to;
	bool folder;
	const char *area;   /* the folder of the area, as "production/core" */
	const char *reason; /* why there, for the reader */
	bool decided;       /* its owner said so, or has put it aside */
	bool alone;         /* it need not stay with its neighbours; decided ones need not, either */
} PartMove;

/* A part, or a reference to one, that nothing tells enough about. */
typedef struct Unsure {
	const char *path;
	uint32_t line; /* 0: the path as a whole */
	const char *reason;
} Unsure;

typedef struct Layout {
	const Graph *graph;
	GArray *moves;       /* PartMove, by from */
	GArray *unsure;      /* Unsure, by path */
	GHashTable *crowds;  /* folder → how many folders lie in it; "" → how many parts lie at the top */
	GHashTable *emptied; /* folder that all parts leave → where most of what was below it is */
	GHashTable *named;   /* folders whose own kustomization another one names from now on; see enclose.c */
	GHashTable *names;   /* places of bare file names that are paths for sure: "file start"; made by rewrite.c */
	GHashTable *links;   /* those of them that are targets of a document's links → the link */
	Arena *arena;
} Layout;

/* The graph must outlive the layout; repo is asked what was touched when, and may be NULL. */
Layout *layout_new(const Graph *graph, const Repo *repo);
void layout_free(Layout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layout, layout_free)

/* Takes a move out of the layout and says why. index is that of layout->moves. */
void layout_refuse(Layout *layout, guint index, const char *reason);

/* Refuses moves of which one lies in the other, or that want the same place: once, before the first layout_settle. */
void layout_untangle(Layout *layout);

/* Refuses moves that would take a folder's parts apart, and finds the folders that the others empty: after the last
 * layout_refuse, before what follows. */
void layout_settle(Layout *layout);

/* The move that a path goes with, or NULL; and where the path is then, or the path itself: for a folder that is emptied
 * where most of it went. In the layout's arena. */
const PartMove *layout_move_of(const Layout *layout, const char *path);
const char *layout_path(const Layout *layout, const char *path);

/* Edits (for the old texts, file being the graph's number) of everything that names a path that moves, or that names a
 * path from a file that moves. What names one in a way that is not clear is added to the layout's unsure. Free with
 * g_array_unref. */
GArray *layout_rewrite(Layout *layout);

/* Adds the edits that let drawn trees of folders show what moves in its new place. */
void layout_redraw(Layout *layout, GArray *edits);

/* A file that comes with the moves; path is where it will be. */
typedef struct FreshFile {
	const char *path;
	Slice text;
} FreshFile;

/* Lets kustomizations name the folder of what would lie above them: changes the edits, and fills fresh (an array of
 * FreshFile, in the layout's arena) with the kustomizations that these folders need. Refuses a move where that cannot
 * be, and is true then: what was rewritten so far does not hold any more. */
bool layout_enclose(Layout *layout, GArray *edits, GArray *fresh);

/* A symbolic link that points where it did by another text. */
typedef struct LinkChange {
	uint32_t file; /* the graph's number */
	const char *target;
} LinkChange;

/* Links whose text changes since they move, or what they point to. In the layout's arena; free with g_array_unref. */
GArray *layout_links(const Layout *layout);
/* Takes moves out of the layout that would change what a link shows and that no other text of the link makes up for.
 * True if there was one. */
bool layout_hold_links(Layout *layout);
/* The line of the first word of a file that names `*ret_path` (free with g_free) when it is read through a link in the
 * old folder, and something else once the link is in the new folder; 0 for none. */
uint32_t layout_differs_through(Layout *layout, uint32_t file, Slice old_folder, Slice new_folder, char **ret_path);

/* ---- parts of the above ------------------------------------------------------------------------- */

/* The file tells how it was, or is made by a program: it is left as it is. */
bool layout_is_past(const Graph *graph, uint32_t file);

/* The area of what runs in an image: "core", "monitoring", "ai-stack", "media", "home", "network", "storage"; NULL for
 * an image that no table knows. */
const char *area_of_image(Slice image);

typedef enum DeadVerdict { DEAD_NOT, DEAD_PERHAPS, DEAD_SURELY } DeadVerdict;

/* Whether a part is still in use. path, runs (something brings it in) and archived are given. */
typedef struct Dead {
	const char *path;
	bool runs, archived;
	DeadVerdict verdict;
	const char *reason; /* for the reader, or NULL */
} Dead;

void dead_find(const Graph *graph, const Repo *repo, Dead *dead, guint count, Arena *arena);

/* The document beside or above the path that names it in one statement with one of the words (NULL-terminated, in small
 * letters), and the line; or NULL. */
const char *document_calls(const Graph *graph, const char *path, const char *const *words, uint32_t *ret_line);

/* What ties parts to their places. The graph and the arena must outlive it; free with bonds_free. */
typedef struct Bonds Bonds;
Bonds *bonds_new(const Graph *graph, Arena *arena);
void bonds_free(Bonds *bonds);
/* Why the folder or file of that path cannot go anywhere, for the reader; NULL if it can. */
const char *bonds_of(const Bonds *bonds, const char *path);
