/* The images that a repository names, each with all its uses. */
#pragma once

#include "fact/fact.h"

typedef struct ImageUse {
	const Row *row; /* the IMAGE fact */
	Slice tag, digest;
} ImageUse;

typedef struct Image {
	Slice name;   /* without tag; with the registry unless it is Docker Hub's */
	GArray *uses; /* of ImageUse, outside of quiet files */
	bool built;   /* by a compose service */
} Image;

typedef struct Images {
	GPtrArray *at; /* of Image, in the order of first use */
	GHashTable *by_name;
} Images;

/* References that hold variables or stand for another image are left out. */
void images_init(Images *images, const Graph *graph);
void images_clear(Images *images);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Images, images_clear)

/* Ours by its form: one word that Docker Hub does not have, or of this machine. */
bool image_is_local(Slice name);
/* Its name without localhost/. */
Slice image_bare_name(Slice name);

/* A database, whose data one major version cannot read from another. */
bool image_is_database(Slice name);

/* A kustomization gives the image its tag or another name. */
bool image_is_set_by_kustomization(const Graph *graph, Slice name);
