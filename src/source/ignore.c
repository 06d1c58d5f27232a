/* Ignore files of Git and Docker: one PATTERN a line. What they match is decided by base/ignore. */
#include "base/ignore.h"

#include "source/source.h"

static bool is_docker(Slice name)
{
	return slice_ends(name, ".dockerignore") || slice_ends(name, ".containerignore");
}

static bool matches(const SourceFile *file)
{
	return slice_is(file->name, ".gitignore") || is_docker(file->name);
}

static void read_ignore(const SourceFile *file)
{
	bool docker = is_docker(file->name);
	graph_add(file->builder, file->node, FACT_FORMAT, docker ? SLICE("dockerignore") : SLICE("gitignore"), 0, 0);
	const IgnoreFile *patterns =
	        ignore_read(docker ? IGNORE_DOCKER : IGNORE_GIT, file->bytes, SLICE(""), file->arena);
	for (size_t i = 0; i < patterns->count; i++) {
		const IgnorePattern *pattern = &patterns->patterns[i];
		Node node = graph_add_node(file->builder, NODE_PATTERN, file->node,
		        slice_sub(file->bytes, pattern->start, pattern->end), pattern->start, pattern->end);
		if (pattern->negated)
			graph_add_flag(file->builder, node, FACT_NEGATED, pattern->start, pattern->start + 1);
	}
}

const Source source_ignore = {"ignore", matches, read_ignore};
