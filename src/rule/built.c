/* What builds an image is found by the words that builds have, in any file: a build from a folder that is not there
 * builds nothing. */
#include "rule/built.h"

#include "base/path.h"
#include "rule/search.h"

#include <string.h>

bool is_own_registry(Slice name)
{
	return slice_starts(name, "localhost:") || slice_starts(name, "127.0.0.1:");
}

bool has_build_word(Slice text)
{
	static const char *const words[] = {"docker build", "podman build", "buildah", "buildx", "build-push-action",
	        "nerdctl build", "kaniko", "docker-bake", "dockerTools", "ko build", "skaffold", "docker_build",
	        "earthly", "images import", "image import", "docker load", "kind load", "k3d image", "docker tag",
	        "podman tag", "docker image build", "docker-build", "compose build", "docker save", "image load"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(text, words[i]))
			return true;
	return false;
}

bool builds_images(const Graph *graph, uint32_t file, void *data)
{
	Slice bytes = graph_file_bytes(graph, file), name = path_name(slice_from(graph_file_path(graph, file)));
	return has_build_word(bytes) || (slice_ends(name, ".build") && text_has(bytes, "ImageTag=")) || /* of Podman */
	       (slice_starts(name, "kustomization.") && text_has(bytes, "images:"));
}

/* The last word of `docker build … DIR` is a path that is neither beside the file nor at the root. */
static bool is_context_gone(const Graph *graph, Span span, Slice line)
{
	Slice rest = line, word, last = {"", 0};
	while (slice_next_word(&rest, &word))
		last = word;
	if (!text_has(line, " build ") || slice_find_byte(last, '/', 0) == SIZE_MAX ||
	        slice_find_byte(last, '$', 0) != SIZE_MAX || text_has(last, "://") || text_has(last, "`"))
		return false;
	Slice folders[] = {path_folder(slice_from(graph_file_path(graph, span.file))), {"", 0}};
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = path_resolve(folders[i], last);
		if (!path || graph_has_folder(graph, slice_from(path)) || graph_find_file(graph, slice_from(path)))
			return false;
	}
	return true;
}

static bool is_document(Slice path)
{
	return slice_ends(path, ".md") || slice_ends(path, ".txt") || slice_ends(path, ".rst");
}

bool is_build(const Graph *graph, Span span, void *data)
{
	Slice line = graph_line_at(graph, span), path = slice_from(graph_file_path(graph, span.file));
	if (is_document(path) && !has_build_word(line))
		return false;
	if (!is_context_gone(graph, span, line))
		return true;
	*(Span *)data = span;
	return false;
}

Node build_file_of(const Graph *graph, Slice name)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		bool is_one =
		        slice_starts(path_name(path), "Dockerfile") || slice_starts(path_name(path), "Containerfile");
		if (is_one && slice_equal(path_name(path_folder(path)), name))
			return graph_file_node(graph, file);
	}
	return NODE_NONE;
}

/* A line of a script or CI file that builds what a variable names: in a loop, by an argument, in a matrix. */
static bool builds_by_variable(const Graph *graph, uint32_t file)
{
	Slice rest = graph_file_bytes(graph, file), line;
	if (is_document(slice_from(graph_file_path(graph, file))) || !has_build_word(rest))
		return false;
	while (slice_next_line(&rest, &line))
		if (slice_find_byte(line, '$', 0) != SIZE_MAX && (text_has(line, "build") || text_has(line, "tags:")))
			return true;
	return false;
}

static bool any_file_builds(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (builds_by_variable(graph, file))
			return true;
	return false;
}

/* Compose names what it builds after the project and the service where no image is written. */
static bool is_compose_built(const Graph *graph, Slice name)
{
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row) {
		Node compose = graph_ancestor(graph, row->subject, NODE_COMPOSE);
		if (!compose)
			continue;
		for (const char *join = "-_"; *join; join++) {
			g_autofree char *built = g_strdup_printf(
			        "%s%c%s", graph_name(graph, compose), *join, graph_name(graph, row->subject));
			if (slice_is(name, built))
				return true;
		}
	}
	return false;
}

/* Where an image with a local name comes from. A Dockerfile in a folder of its name is built without being named where
 * a script goes through the folders. */
Origin find_origin(const Graph *graph, const Image *image)
{
	Slice name = image_bare_name(image->name);
	Origin origin = {.built = image->built || image_is_set_by_kustomization(graph, image->name) ||
	                          is_compose_built(graph, name)};
	Span span;
	if (origin.built)
		return origin;
	origin.build_file = build_file_of(graph, name);
	origin.built = search_word(graph, name, builds_images, is_build, &origin.gone, &span) ||
	               (origin.build_file && any_file_builds(graph));
	return origin;
}

bool is_pulled(const Graph *graph, Node dockerfile)
{
	Slice folder = graph_folder_of(graph, dockerfile);
	bool any = false;
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row) {
		Slice own = graph_folder_of(graph, row->subject);
		g_autofree char *context = path_resolve(own, graph_symbol_slice(graph, row->object));
		if (!context || !slice_is(folder, context))
			continue;
		const char *image = graph_text(graph, row->subject, FACT_IMAGE);
		if (!strchr(image, '/') || strchr(image, '$') || g_str_has_prefix(image, "localhost/"))
			return false;
		any = true;
	}
	return any;
}
