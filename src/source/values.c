/* Values of charts: the keys of values.yaml and its kin, and those that a release gives to a chart by path. Values of
 * the app-template chart are objects too, of a release whose name is not known here. */
#include "base/path.h"
#include "source/kubernetes.h"

#define MOST_DEPTH 6
#define MOST_KEYS 2000

typedef struct Keys {
	const SourceFile *file;
	Node subject;
	uint32_t left;
} Keys;

static bool is_plain_key(Slice key)
{
	for (size_t i = 0; i < key.length; i++)
		if (!g_ascii_isalnum(key.at[i]) && key.at[i] != '_')
			return false;
	return key.length > 0;
}

/* Keys that templates cannot name with dots are left out with all below them. */
static void read_map(Keys *keys, const YamlNode *map, const char *above, uint32_t depth)
{
	if (!yaml_is_map(map) || depth == MOST_DEPTH)
		return;
	for (YamlEntry *at = map->first; at && keys->left; at = at->next) {
		Slice key = yaml_text(at->key);
		if (!is_plain_key(key) || key.length > 100)
			continue;
		keys->left--;
		const char *path = arena_printf(keys->file->arena, "%s%.*s", above, SLICE_ARGS(key));
		graph_add(keys->file->builder, keys->subject, FACT_SETS_VALUE, slice_from(path), at->key->start,
		        at->key->end);
		if (at->use_start == at->value->start)
			read_map(keys, at->value, arena_printf(keys->file->arena, "%s.", path), depth + 1);
	}
}

void add_chart_values(const SourceFile *file, Node subject, const YamlNode *values)
{
	Keys keys = {file, subject, MOST_KEYS};
	read_map(&keys, values, "", 0);
}

/* Folders that are called for what they hold of a program, and not for the program. */
static bool is_common_folder(Slice part)
{
	static const char *const names[] = {"app", "base", "chart", "config", "helm", "helm-values", "prod",
	        "production", "staging", "values", NULL};
	return slice_is_any_nocase(part, names);
}

/* Who installs the chart names the release, and that is not this file: so the name stays open, and is another one for
 * each folder, by the last two parts of which a reader knows the program. */
static const char *unknown_release(const SourceFile *file)
{
	Slice folder = path_folder(file->path);
	while (folder.length && is_common_folder(path_name(folder)))
		folder = path_folder(folder);
	Slice above = path_folder(folder), two = folder;
	if (above.length)
		two = slice_sub(folder, above.length - path_name(above).length, folder.length);
	return folder.length ? arena_printf(file->arena, "${%.*s}", SLICE_ARGS(two)) : "${release}";
}

static bool claims(const SourceFile *file, const YamlDocument *document)
{
	return slice_starts(file->name, "values") && yaml_is_map(document->root);
}

static void read_values(const SourceFile *file, const YamlDocument *document, Node node)
{
	const YamlNode *root = document->root, *inner = yaml_get(root, "app-template");
	add_chart_values(file, file->node, root);
	if (has_app_template_values(inner ? inner : root))
		read_app_template(file, inner ? inner : root, unknown_release(file), (Slice){"", 0}, node);
	else if (inner)
		check_app_template(file, inner, unknown_release(file), (Slice){"", 0}, node);
}

const Dialect dialect_values = {"values", claims, read_values};
