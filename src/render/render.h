/* Manifests as they are applied: objects as JSON values, with kustomizations worked out.
 *
 * check reads kustomizations to point at the lines of their sources; what runs a homelab needs whole objects instead.
 * Everything is read from the graph's own bytes: no disk, no program, no network. What cannot be worked out here
 * (charts, remote resources, plugins, replacements) is a problem with its place, never left out in silence.
 */
#pragma once

#include "base/json.h"
#include "fact/fact.h"

typedef struct Manifest {
	Json *object;
	Span place; /* of the document that it was read from, or of the generator that made it */
} Manifest;

typedef struct RenderProblem {
	Span place;
	char *text;
} RenderProblem;

typedef struct Render {
	GArray *manifests; /* Manifest, in the order in which files name them */
	GArray *problems;  /* RenderProblem */
	GArray *left_out;  /* RenderProblem: workloads that a patch deletes, where that is asked */
} Render;

/* What a file, or a folder by its kustomization, stands for; a folder without one: all manifests in and below it, those
 * of quiet paths left out. path is below the root, "" for the root itself. NULL if no such file or folder exists. Files
 * that are no manifests give nothing. */
Render *render_new(const Graph *graph, const char *path, GError **error);
void render_free(Render *render);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Render, render_free)

/* A YAML value as kubectl reads it: plain true, 12 and 1.5 by their type, everything else as a text; aliases and merge
 * keys followed. NULL for a tree that its aliases make unreasonably large. */
Json *render_yaml(Slice bytes, GError **error);
/* The same of all documents; free with g_ptr_array_unref. */
GPtrArray *render_yaml_all(Slice bytes, GError **error);

/* A patch merged into an object, with Kubernetes' merge keys for lists; both stay the caller's. `$patch: delete` of the
 * whole gives false. Source: kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch. */
bool render_merge(Json *object, const Json *patch);
/* A list of operations by RFC 6902. */
bool render_operate(Json *object, const Json *operations, GError **error);
