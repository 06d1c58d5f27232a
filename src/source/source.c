/* The tables of sources and the few lines that all readers of YAML share. */
#include "source/source.h"

#define SOURCE(name) extern const Source source_##name;
#include "registry/source.def"
#undef SOURCE

static const Source *const sources[] = {
#define SOURCE(name) &source_##name,
#include "registry/source.def"
#undef SOURCE
};

void source_read(const SourceFile *file)
{
	SourceFile classed = *file;
	classed.class = source_path_class(file->path);
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
		if (sources[i]->matches(&classed))
			sources[i]->read(&classed);
}

void add_scalar(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar)
{
	if (yaml_is_scalar(scalar))
		graph_add(file->builder, subject, kind, scalar->value, scalar->start, scalar->end);
}

void add_scalar_of(const SourceFile *file, Node subject, FactKind kind, const YamlNode *map, const char *key)
{
	add_scalar(file, subject, kind, yaml_get(map, key));
}

void add_number(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar)
{
	uint32_t number;
	if (yaml_number(scalar, &number))
		graph_add_number(file->builder, subject, kind, number, scalar->start, scalar->end);
}

void add_if_true(const SourceFile *file, Node subject, FactKind kind, const YamlNode *scalar)
{
	bool value;
	if (yaml_is_bool(scalar, &value) && value)
		graph_add_flag(file->builder, subject, kind, scalar->start, scalar->end);
}

void add_pairs(const SourceFile *file, Node subject, FactKind kind, const YamlNode *map)
{
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key) || !yaml_is_scalar(pairs.value))
			continue;
		char *text = arena_printf(file->arena, "%s=%s", pairs.key->value.at, pairs.value->value.at);
		graph_add(file->builder, subject, kind, slice_from(text), pairs.value->start, pairs.value->end);
	}
}

Node add_named(const SourceFile *file, NodeType type, Node parent, const YamlNode *at)
{
	return graph_add_node(file->builder, type, parent, yaml_text(at), at->start, at->end);
}
