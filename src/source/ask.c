/* What a tree of YAML says: values by their keys, merge keys followed. */
#include "source/yaml.h"

#include <glib.h>

bool yaml_is_map(const YamlNode *node)
{
	return node && node->kind == YAML_MAP;
}

bool yaml_is_sequence(const YamlNode *node)
{
	return node && node->kind == YAML_SEQUENCE;
}

bool yaml_is_scalar(const YamlNode *node)
{
	return node && node->kind == YAML_SCALAR;
}

YamlEntry *yaml_get_entry(const YamlNode *map, const char *key)
{
	if (!yaml_is_map(map))
		return NULL;
	YamlEntry *found = NULL;
	size_t length = strlen(key);
	for (YamlEntry *entry = map->first; entry; entry = entry->next) {
		const YamlNode *name = entry->key;
		if (name->kind == YAML_SCALAR && name->value.length == length &&
		        memcmp(name->value.at, key, length) == 0)
			found = entry; /* the last one wins, as in every YAML reader that accepts a second one */
	}
	return found;
}

YamlNode *yaml_get(const YamlNode *map, const char *key)
{
	if (!yaml_is_map(map))
		return NULL;
	YamlEntry *entry = yaml_get_entry(map, key);
	if (entry)
		return entry->value;
	if (!yaml_get_entry(map, "<<"))
		return NULL;
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.key) && slice_is(pairs.key->value, key))
			return pairs.value;
	return NULL;
}

YamlNode *yaml_at(const YamlNode *map, const char *path)
{
	char key[64];
	while (map) {
		size_t length = strcspn(path, ".");
		g_assert(length < sizeof key);
		memcpy(key, path, length);
		key[length] = '\0';
		YamlNode *value = yaml_get(map, key);
		if (path[length] == '\0')
			return value;
		path += length + 1;
		map = value;
	}
	return NULL;
}

Slice yaml_text(const YamlNode *node)
{
	return yaml_is_scalar(node) ? node->value : (Slice){"", 0};
}

Slice yaml_text_of(const YamlNode *map, const char *key)
{
	return yaml_text(yaml_get(map, key));
}

bool yaml_is_null(const YamlNode *node)
{
	return yaml_is_scalar(node) && node->style == YAML_PLAIN && node->tag.length == 0 &&
	       (node->value.length == 0 || slice_is(node->value, "~") || slice_is_nocase(node->value, "null"));
}

bool yaml_is_bool(const YamlNode *node, bool *ret_value)
{
	if (!yaml_is_scalar(node) || node->style != YAML_PLAIN)
		return false;
	*ret_value = slice_is_nocase(node->value, "true");
	return *ret_value || slice_is_nocase(node->value, "false");
}

bool yaml_number(const YamlNode *node, uint32_t *ret_number)
{
	return yaml_is_scalar(node) && slice_to_number(node->value, ret_number);
}

bool yaml_is_open(Slice text)
{
	for (size_t i = 0; i + 1 < text.length; i++) {
		char c = text.at[i];
		if (c != '$' && c != '{' && c != '<')
			continue;
		char next = text.at[i + 1];
		if ((c == '$' && (next == '{' || next == '(')) || (c == '{' && next == '{'))
			return true;
		if (c == '<' && slice_find_byte(text, '>', i) != SIZE_MAX)
			return true;
	}
	return false;
}

YamlPairs yaml_pairs(const YamlNode *map)
{
	return (YamlPairs){.map = map, .at = yaml_is_map(map) ? map->first : NULL};
}

/* Begins the maps that a merge key names; deeper nesting than the iterator has room for is left out. */
static void begin_merge(YamlPairs *pairs, const YamlNode *source)
{
	if (pairs->depth == G_N_ELEMENTS(pairs->merged))
		return;
	if (yaml_is_map(source) || yaml_is_sequence(source)) {
		pairs->merged[pairs->depth].map = source;
		pairs->merged[pairs->depth++].at = source->first;
	}
}

static bool is_merge_key(const YamlEntry *entry)
{
	return entry->key && entry->key->kind == YAML_SCALAR && entry->key->style == YAML_PLAIN &&
	       slice_is(entry->key->value, "<<");
}

/* A map has its own keys before those it merges, and those of an earlier map in a list before a later one's. */
static bool is_overridden(const YamlPairs *pairs, const char *key)
{
	if (yaml_get_entry(pairs->map, key))
		return true;
	for (uint32_t i = 0; i + 1 < pairs->depth; i++) {
		const YamlNode *outer = pairs->merged[i].map;
		if (yaml_is_map(outer) && yaml_get_entry(outer, key))
			return true;
		for (YamlEntry *item = yaml_is_sequence(outer) ? outer->first : NULL;
		        item && item->next != pairs->merged[i].at; item = item->next)
			if (yaml_get(item->value, key))
				return true;
	}
	return false;
}

static bool next_merged(YamlPairs *pairs)
{
	while (pairs->depth) {
		YamlEntry *entry = pairs->merged[pairs->depth - 1].at;
		if (!entry) {
			pairs->depth--;
			continue;
		}
		pairs->merged[pairs->depth - 1].at = entry->next;
		if (!entry->key || is_merge_key(entry)) {
			begin_merge(pairs, entry->value);
			continue;
		}
		if (entry->key->kind == YAML_SCALAR && is_overridden(pairs, entry->key->value.at))
			continue;
		pairs->key = entry->key;
		pairs->value = entry->value;
		return true;
	}
	return false;
}

bool yaml_next_pair(YamlPairs *pairs)
{
	while (pairs->at) {
		YamlEntry *entry = pairs->at;
		pairs->at = entry->next;
		if (is_merge_key(entry))
			continue;
		pairs->key = entry->key;
		pairs->value = entry->value;
		return true;
	}
	if (pairs->map && !pairs->merged[0].map) {
		for (YamlEntry *entry = yaml_is_map(pairs->map) ? pairs->map->first : NULL; entry; entry = entry->next)
			if (is_merge_key(entry))
				begin_merge(pairs, entry->value);
		if (!pairs->merged[0].map)
			pairs->map = NULL;
	}
	return pairs->map ? next_merged(pairs) : false;
}
