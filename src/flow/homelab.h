/* A homelab that runs: what the repository wants of the engine, and what the engine says. */
#pragma once

#include "engine/engine.h"
#include "flow/flow.h"

typedef struct HomelabOptions {
	const char *const *paths;    /* below the root, NULL-terminated; NULL: all that is applied in the repository */
	const char *secrets;         /* a file with Secrets that are not in Git, or NULL */
	const char *project;         /* NULL: the repository's folder */
	const char *listen;          /* NULL: what labwright.yaml says, or 127.0.0.1 */
	const char *proxy_image;     /* NULL: what labwright.yaml says, or HAProxy's own */
	const char *const *profiles; /* of compose files; NULL-terminated, or NULL */
} HomelabOptions;

typedef struct Homelab {
	const Scan *scan;
	char *project, *store, *secrets; /* folders of this machine */
	EngineChoice choice;             /* what labwright.yaml says of the engine */
	Wanted *wanted;
	GPtrArray *renders; /* Render; the objects live there */
	GArray *given;      /* Manifest: Secrets by the user */
	int lock;           /* file descriptor, or -1 */
} Homelab;

/* What labwright.yaml says of the engine. False with an error of usage where that cannot be. */
bool engine_choice_of(const Repo *repo, EngineChoice *ret_choice, GError **error);
/* The name that a repository's containers are labelled with; free with g_free. */
char *homelab_project(const char *root, const char *asked);
/* Appends the Secrets and ConfigMaps of a file that is not in Git (Manifest, to be cleared with the other). */
bool homelab_read_secrets(GArray *given, const char *path, GError **error);
void homelab_given_clear(void *data);
/* Works out what is wanted. Nothing is written, and no engine is asked. */
Homelab *homelab_new(const Scan *scan, const HomelabOptions *options, GError **error);
void homelab_free(Homelab *homelab);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Homelab, homelab_free)

/* Holds off a second `up` or `down` of the project. False with an error that says who holds it. */
bool homelab_lock(Homelab *homelab, GError **error);
/* The same where there is no more than a name; closing the descriptor lets go. -1 with an error. */
int homelab_lock_project(const char *project, GError **error);
/* Writes the files of ConfigMaps and Secrets that containers mount; those of Secrets only where that is memory. */
bool homelab_write_files(const Homelab *homelab, GError **error);
/* Takes the files of a project away again. */
void homelab_forget(const char *project);

/* Deletes a folder with all that it holds; links are deleted and not followed. */
void remove_tree(const char *path);
