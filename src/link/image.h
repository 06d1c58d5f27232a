/* What an image holds, as far as its Dockerfile and the repository say: which repository path stands at which path of
 * the container. Inside of src/link. */
#pragma once

#include "base/arena.h"
#include "fact/fact.h"

typedef struct Layer {
	const char *repo; /* file or folder of the repository; "" is the root */
	const char *at;   /* absolute path in the container without a final slash; "" is the root */
} Layer;

typedef struct Image {
	const Graph *graph;
	Arena *arena;
	Node stage;
	GArray *layers;      /* Layer, later ones cover earlier ones */
	GHashTable *env;     /* name to value of ENV and ARG as far as it is literal; keys and values in the arena */
	const char *workdir; /* absolute */
	Node command, entrypoint; /* INSTRUCTION nodes in effect, or NODE_NONE */
	bool open;                /* something was copied from where it cannot be followed */
} Image;

/* Reads the last stage of a Dockerfile, or the named one, with all it takes from the others. context is the folder it
 * is built in. False if there is no such stage. */
bool image_read(const Graph *graph, Node dockerfile, Slice target, Slice context, Arena *arena, Image *ret_image);
void image_clear(Image *image);

/* The repository path of a container path: a file, a folder, or NULL. */
const char *image_find_file(const Image *image, const char *path);
const char *image_find_folder(const Image *image, const char *path);
/* Where the path would come from if it were there; NULL where nothing is copied to that place. */
const char *image_origin(const Image *image, const char *path);

/* Absolute container path: relative ones start at folder; "." and ".." are taken out. In the arena. */
const char *container_path(Arena *arena, const char *folder, Slice path);

/* The text with ${NAME}, ${NAME:-value} and $NAME replaced; NULL if a variable is not known. In the arena. */
const char *image_expand(const Image *image, Slice text);
