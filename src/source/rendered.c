/* Objects that a chart makes and no file holds. Helm says what they are and not where that comes from. A text of the
 * rendering that is one value of the release, and no other, comes from there; everything else has the place of the
 * release. So a wrong port or tag is shown on the line that its owner wrote. */
#include "source/rendered.h"

#include "source/kubernetes.h"

char *rendered_key(Slice path, Slice bytes, const YamlNode *root)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
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

void read_rendered(const SourceFile *file, const YamlNode *root, const YamlNode *values, Node release)
{
	const YamlNode *name = yaml_at(root, "metadata.name");
	if (!file->rendered || !yaml_is_scalar(name))
		return;
	g_autofree char *key = rendered_key(file->path, file->bytes, root);
	const char *text = g_hash_table_lookup(file->rendered, key);
	if (!text)
		return;
	Origin origin = {name, g_hash_table_new(g_str_hash, g_str_equal), MOST_VALUES};
	collect_values(&origin, values);
	for (const YamlDocument *document = yaml_read(slice_from(text), file->arena); document;
	        document = document->next) {
		if (document->error || !yaml_is_map(document->root) ||
		        slice_is(yaml_text_of(document->root, "kind"), "CustomResourceDefinition"))
			continue;
		relocate(&origin, document->root);
		read_made_object(file, document->root, release);
	}
	graph_add_flag(file->builder, release, FACT_RENDERED, name->start, name->end);
	g_hash_table_unref(origin.values);
}
