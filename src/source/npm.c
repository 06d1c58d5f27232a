/* package.json, and the compiler options of TypeScript that say where modules are: JSON with comments, read as YAML
 * once the comments are blanks. */
#include "source/source.h"

#define MOST_BYTES ((size_t)256 * 1024)

static bool is_options(Slice name)
{
	return slice_ends(name, ".json") && (slice_starts(name, "tsconfig") || slice_starts(name, "jsconfig"));
}

static bool matches(const SourceFile *file)
{
	return file->bytes.length <= MOST_BYTES && (slice_is(file->name, "package.json") || is_options(file->name));
}

/* Comments as blanks, and tabs as well, which YAML does not take everywhere: places stay what they are. */
static Slice without_comments(const SourceFile *file)
{
	Slice text = file->bytes;
	char *out = arena_text(file->arena, text);
	bool string = false;
	for (size_t i = 0; i < text.length; i++) {
		if (string && out[i] == '\\') {
			i++;
		} else if (out[i] == '"') {
			string = !string;
		} else if (!string && out[i] == '/' && (out[i + 1] == '/' || out[i + 1] == '*')) {
			bool line = out[i + 1] == '/';
			size_t end = line ? slice_find_byte(text, '\n', i) : slice_find(text, "*/", i + 2);
			end = end == SIZE_MAX ? text.length : end + (line ? 0 : 2);
			memset(out + i, ' ', end - i);
			i = end - 1;
		} else if (!string && out[i] == '\t') {
			out[i] = ' ';
		}
	}
	return (Slice){out, text.length};
}

/* ---- package.json ------------------------------------------------------------------------------------------ */

static void read_dependencies(const SourceFile *file, const YamlNode *map)
{
	for (const YamlEntry *entry = yaml_is_map(map) ? map->first : NULL; entry; entry = entry->next)
		if (yaml_is_scalar(entry->key))
			add_scalar(file, file->node, FACT_DEPENDENCY, entry->key);
}

static void read_package(const SourceFile *file, const YamlNode *root)
{
	static const char *const lists[] = {
	        "dependencies", "devDependencies", "peerDependencies", "optionalDependencies"};
	const YamlNode *name = yaml_get(root, "name");
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("package.json"), 0, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		read_dependencies(file, yaml_get(root, lists[i]));
	add_pairs(file, file->node, FACT_SCRIPT, yaml_get(root, "scripts"));
	if (yaml_is_scalar(name)) {
		char *text = arena_printf(file->arena, "npm/%s", name->value.at);
		graph_add(file->builder, file->node, FACT_PROVIDES, slice_from(text), name->start, name->end);
	}
}

/* ---- tsconfig.json ------------------------------------------------------------------------------------------- */

/* A target that is one folder; base is baseUrl. */
static void read_alias(const SourceFile *file, Slice base, const YamlNode *key, const YamlNode *targets)
{
	const YamlEntry *first = yaml_is_sequence(targets) ? targets->first : NULL;
	if (!yaml_is_scalar(key) || !first || first->next || !yaml_is_scalar(first->value))
		return;
	Slice from = key->value, to = first->value->value;
	if (!slice_ends(from, "/*") || !slice_ends(to, "/*"))
		return;
	char *text = arena_printf(file->arena, "%.*s=%.*s/%.*s", (int)from.length - 1, from.at, SLICE_ARGS(base),
	        (int)to.length - 2, to.at);
	graph_add(file->builder, file->node, FACT_ALIASES_FOLDER, slice_from(text), key->start, key->end);
}

static void read_options(const SourceFile *file, const YamlNode *root)
{
	const YamlNode *options = yaml_get(root, "compilerOptions"), *paths = yaml_get(options, "paths");
	Slice base = yaml_text_of(options, "baseUrl");
	if (base.length == 0)
		base = SLICE(".");
	for (const YamlEntry *entry = yaml_is_map(paths) ? paths->first : NULL; entry; entry = entry->next)
		if (entry->key)
			read_alias(file, base, entry->key, entry->value);
}

static void read_npm(const SourceFile *file)
{
	const YamlDocument *document = yaml_read(without_comments(file), file->arena);
	if (!document || document->error || !yaml_is_map(document->root))
		return;
	if (is_options(file->name))
		read_options(file, document->root);
	else
		read_package(file, document->root);
}

const Source source_npm = {"npm", matches, read_npm};
