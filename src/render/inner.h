/* Inside of render; only the files of src/render include this. */
#pragma once

#include "render/render.h"
#include "source/yaml.h"

typedef struct Rendering {
	const Graph *graph;
	Render *out; /* problems go here */
	uint32_t depth;
} Rendering;

Json *value_of(const YamlNode *node);
/* All objects of a file's documents, appended to an array of Manifest; lists are taken apart. */
void read_manifests(Rendering *rendering, const char *path, GArray *out);
/* The kustomization of a folder, appended to out with all its transformations made. */
void read_kustomization(Rendering *rendering, const char *folder, GArray *out);
/* The path of a folder's kustomization, or NULL. */
const char *find_kustomization(const Graph *graph, const char *folder);
/* Files that a generator names, as keys of an object; see generate.c. */
void generate(Rendering *rendering, const char *folder, const Json *kustomization, GArray *out, Span place);
/* Names, namespaces, labels, images and replicas; see transform.c. */
void transform(const Json *kustomization, GArray *manifests);
void render_problem(Rendering *rendering, Span place, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Remembers that a patch deletes an object. */
void render_left_out(Rendering *rendering, Span place, const Json *object);
void manifest_clear(void *data);
