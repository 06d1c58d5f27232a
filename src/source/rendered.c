/* Objects that a chart makes and no file holds. Helm says what they are and not where that comes from. A text of the
 * rendering that is one value of the release, and no other, comes from there; everything else has the place of the
 * release. So a wrong port or tag is shown on the line that its owner wrote. */
#include "source/rendered.h"

#include "source/kubernetes.h"

char *rendered_key(Rendering rendering, Slice path, Slice bytes, const YamlNode *root)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, (const guchar *)(rendering == RENDERING_MADE ? "made" : "left"), 4);
	g_checksum_update(sum, (const guchar *)path.at, (gssize)path.length);
	g_checksum_update(sum, (const guchar *)"", 1);
	g_checksum_update(sum, (const guchar *)bytes.at + root->start, (gssize)(root->end - root->start));
	return g_strdup(g_checksum_get_string(sum));
}

typedef struct Origin {
	const YamlNode *release; /* whose place all else has */
	GHashTable *values;      /* text → YamlNode, or NULL where several values are so */
	uint32_t left;           /* values that may still be looked at */
} Origin;

/* Short words stand everywhere by chance. */
static bool tells(Slice text)
{
	static const char *const words[] = {"true", "false", "null"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_is(text, words[i]))
			return false;
	return text.length >= 3;
}

static void collect_values(Origin *origin, const YamlNode *node)
{
	if (!node || origin->left == 0)
		return;
	origin->left--;
	if (yaml_is_scalar(node) && tells(node->value)) {
		bool known = g_hash_table_contains(origin->values, node->value.at);
		g_hash_table_insert(origin->values, (gpointer)node->value.at, known ? NULL : (gpointer)node);
	}
	for (const YamlEntry *entry = node->first; entry; entry = entry->next)
		collect_values(origin, entry->value);
}

/* The value that a text is; of an image, the one that is its repository. */
static const YamlNode *value_of(const Origin *origin, const YamlNode *node)
{
	const YamlNode *value = g_hash_table_lookup(origin->values, node->value.at);
	const char *colon = strrchr(node->value.at, ':');
	if (value || !colon)
		return value;
	g_autofree char *repository = g_strndup(node->value.at, (size_t)(colon - node->value.at));
	return tells(slice_from(repository)) ? g_hash_table_lookup(origin->values, repository) : NULL;
}

static void relocate(const Origin *origin, YamlNode *node)
{
	const YamlNode *from = yaml_is_scalar(node) ? value_of(origin, node) : NULL;
	if (!from)
		from = origin->release;
	node->start = from->start;
	node->end = from->end;
	for (YamlEntry *entry = node->first; entry; entry = entry->next) {
		if (entry->key)
			relocate(origin, entry->key);
		relocate(origin, entry->value);
		entry->use_start = entry->value->start;
		entry->use_end = entry->value->end;
	}
}

#define MOST_VALUES 20000

static const char *find_rendering(const SourceFile *file, Rendering rendering, const YamlNode *root)
{
	g_autofree char *key = file->rendered ? rendered_key(rendering, file->path, file->bytes, root) : NULL;
	return key ? g_hash_table_lookup(file->rendered, key) : NULL;
}

static void read_objects(const SourceFile *file, const char *text, const Origin *origin, Node parent)
{
	for (const YamlDocument *document = yaml_read(slice_from(text), file->arena); document;
	        document = document->next) {
		if (document->error || !yaml_is_map(document->root) ||
		        slice_is(yaml_text_of(document->root, "kind"), "CustomResourceDefinition"))
			continue;
		relocate(origin, document->root);
		read_made_object(file, document->root, parent);
	}
}

static void read_rendering(
        const SourceFile *file, const char *text, const YamlNode *at, const YamlNode *values, Node parent)
{
	Origin origin = {at, g_hash_table_new(g_str_hash, g_str_equal), MOST_VALUES};
	collect_values(&origin, values);
	read_objects(file, text, &origin, parent);
	graph_add_flag(file->builder, parent, FACT_RENDERED, at->start, at->end);
	g_hash_table_unref(origin.values);
}

void read_rendered(const SourceFile *file, const YamlNode *root, const YamlNode *values, Node release)
{
	const YamlNode *name = yaml_at(root, "metadata.name");
	const char *text = yaml_is_scalar(name) ? find_rendering(file, RENDERING_MADE, root) : NULL;
	if (text)
		read_rendering(file, text, name, values, release);
}

/* Of several charts nothing says which one makes an object, but the values do. */
void read_rendered_kustomization(const SourceFile *file, const YamlNode *root, Node kustomization)
{
	const char *text = find_rendering(file, RENDERING_MADE, root);
	const YamlNode *charts = yaml_get(root, "helmCharts"), *generators = yaml_get(root, "generators"),
	               *list = charts ? charts : generators, *at = root->first->key;
	if (!text)
		return;
	if (yaml_is_sequence(list) && list->first)
		at = list->first->value;
	if (yaml_is_map(at) && yaml_get(at, "name"))
		at = yaml_get(at, "name");
	read_rendering(file, text, at, charts, kustomization);
}

/* ---- what a file holds, as kustomize leaves it ---------------------------------------------------------- */

static const YamlNode *item_like(const YamlNode *list, const YamlNode *item, uint32_t index)
{
	Slice name = yaml_text_of(item, "name");
	const YamlNode *at_index = NULL;
	uint32_t count = 0;
	YAML_EACH_ITEM (list, other) {
		if (name.length && slice_equal(yaml_text_of(other, "name"), name))
			return other;
		if (count++ == index)
			at_index = other;
	}
	return name.length ? NULL : at_index;
}

#define MOST_ITEMS 500 /* of a list or map, since looking one up is linear */

/* Each node gets the place of the one that it was; what was not there that of what it was put into. */
static void place_like(YamlNode *node, const YamlNode *written, uint32_t depth)
{
	uint32_t index = 0;
	node->start = written->start;
	node->end = written->end;
	for (YamlEntry *entry = node->first; entry && depth < 100; entry = entry->next, index++) {
		const YamlEntry *pair = entry->key && yaml_is_map(written) && index < MOST_ITEMS
		                                ? yaml_get_entry(written, entry->key->value.at)
		                                : NULL;
		const YamlNode *like = pair ? pair->value : NULL;
		if (!entry->key && yaml_is_sequence(written) && index < MOST_ITEMS)
			like = item_like(written, entry->value, index);
		if (entry->key)
			place_like(entry->key, pair ? pair->key : written, depth + 1);
		place_like(entry->value, like ? like : written, depth + 1);
		entry->use_start = entry->value->start;
		entry->use_end = entry->value->end;
	}
}

const YamlNode *rendered_object(const SourceFile *file, const YamlNode *root)
{
	const char *text = find_rendering(file, RENDERING_LEFT, root);
	YamlDocument *document = text ? yaml_read(slice_from(text), file->arena) : NULL;
	if (!document || document->error || !yaml_is_map(document->root))
		return root;
	place_like(document->root, root, 0);
	return document->root;
}
