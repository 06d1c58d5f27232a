/* YAML streams: each document goes to the first dialect that claims it. Templates are told from broken files before
 * any parser sees them, since a parser accepts half of them and means something else. */
#include "source/source.h"

#define DIALECT(name) extern const Dialect dialect_##name;
#include "registry/dialect.def"
#undef DIALECT

static const Dialect *const dialects[] = {
#define DIALECT(name) &dialect_##name,
#include "registry/dialect.def"
#undef DIALECT
};

static bool matches(const SourceFile *file)
{
	return slice_ends(file->name, ".yaml") || slice_ends(file->name, ".yml") ||
	       slice_is(file->name, "Kustomization");
}

/* A chart's templates/ folder, or a file that says it is for Jinja. */
static bool is_template_path(const SourceFile *file)
{
	return slice_find(file->path, "/templates/", 0) != SIZE_MAX || slice_starts(file->path, "templates/");
}

static bool has_template_text(Slice bytes)
{
	static const char *const marks[] = {
	        "{{", "{%", "%{ for", "%{ if", "%{for", "%{if"}; /* the last are Terraform's */
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(bytes, marks[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static void set_format(const SourceFile *file, const char *format, size_t start, size_t end)
{
	graph_add(file->builder, file->node, FACT_FORMAT, slice_from(format), start, end);
}

/* A broken document with template marks is a template that did not happen to parse. */
static void read_broken(const SourceFile *file, const YamlDocument *document)
{
	read_manifest_lines(file, slice_sub(file->bytes, document->start, document->end));
	if (has_template_text(slice_sub(file->bytes, document->start, document->end))) {
		set_format(file, "template", document->start, document->end);
		return;
	}
	graph_add_problem(file->builder, file->node, "yaml-broken", document->error, NULL, document->error_at,
	        document->error_at);
}

static void add_duplicates(const SourceFile *file, Node node, const YamlDocument *document)
{
	for (const YamlDuplicate *at = document->duplicates; at; at = at->next) {
		/* A program that tells them by their anchors, such as ser2net, wants the key as often as it has them.
		 */
		Slice one = at->first_value->anchor, other = at->second_value->anchor;
		if (one.length && other.length && !slice_equal(one, other))
			continue;
		bool same = yaml_is_scalar(at->first_value) && yaml_is_scalar(at->second_value) &&
		            slice_equal(at->first_value->value, at->second_value->value);
		Node problem = graph_add_problem(file->builder, node, "yaml-duplicate-key",
		        same ? "same value" : "other value", NULL, at->second->start, at->second->end);
		graph_add(file->builder, problem, FACT_NAME_SPAN, at->first->value, at->first->start, at->first->end);
	}
}

static void read_document(const SourceFile *file, const YamlDocument *document)
{
	if (document->error) {
		read_broken(file, document);
		return;
	}
	if (!document->root)
		return;
	char number[16];
	g_snprintf(number, sizeof number, "%u", document->number);
	Node node = graph_add_node(file->builder, NODE_DOCUMENT, file->node, slice_from(number), document->root->start,
	        document->root->end);
	add_duplicates(file, node, document);
	for (const YamlShared *at = document->shared; at; at = at->next)
		if (at->several_keys)
			graph_add_number(
			        file->builder, node, FACT_ALIASES, at->aliases, at->node->start, at->node->end);
	if (document->bomb)
		graph_add_problem(file->builder, node, "yaml-bomb", "its aliases expand to more than a million nodes",
		        NULL, document->root->start, document->root->start);
	read_parts(file, document->root, node);
	for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
		if (!dialects[i]->claims(file, document))
			continue;
		set_format(file, dialects[i]->name, document->root->start, document->root->start);
		dialects[i]->read(file, document, node);
		return;
	}
}

static void read_stream(const SourceFile *file)
{
	if (is_template_path(file) && has_template_text(file->bytes)) {
		set_format(file, "template", 0, 0);
		read_manifest_lines(file, file->bytes);
		return;
	}
	for (const YamlDocument *document = yaml_read(file->bytes, file->arena); document; document = document->next)
		read_document(file, document);
}

const Source source_stream = {"yaml", matches, read_stream};
