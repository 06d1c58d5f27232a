/* How a map of settings is read: a table for each names its keys, and what is not in the table, or has another shape,
 * becomes a PROBLEM with what would have been right, while all else is read. */
#include "source/settings.h"

#include "base/near.h"

/* ---- what is wrong ------------------------------------------------------------------------------------ */

void settings_complain(const Settings *reader, const YamlNode *at, const char *expected, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	size_t end = yaml_is_scalar(at) ? at->end : at->start;
	graph_add_problem(reader->file->builder, reader->document, "config-invalid", message, expected, at->start, end);
}

const char *settings_shape(const YamlNode *node)
{
	if (yaml_is_null(node))
		return "nothing";
	return yaml_is_map(node) ? "a map" : yaml_is_sequence(node) ? "a list" : "a single value";
}

void settings_complain_shape(const Settings *reader, const YamlNode *key, const YamlNode *value, const char *wanted)
{
	settings_complain(reader, yaml_is_scalar(value) && value->end > value->start ? value : key, NULL,
	        "'%s' wants %s and has %s", yaml_text(key).at, wanted, settings_shape(value));
}

void settings_complain_word(
        const Settings *reader, const YamlNode *at, const char *what, const Slice *known, size_t n_known)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (size_t i = 0; i < n_known; i++)
		g_string_append_printf(list, "%s%.*s", i ? ", " : "", SLICE_ARGS(known[i]));
	Slice word = yaml_text(at);
	size_t near = near_find(word, known, n_known, near_limit(word));
	if (near == SIZE_MAX)
		settings_complain(reader, at, list->len ? list->str : NULL, "%s '%s'", what, word.at);
	else
		settings_complain(
		        reader, at, list->str, "%s '%s'; did you mean '%.*s'?", what, word.at, SLICE_ARGS(known[near]));
}

bool settings_is_word(const Settings *reader, const YamlNode *key, const YamlNode *value, const char *const *words)
{
	Slice known[16];
	size_t n = 0;
	if (!yaml_is_scalar(value) || yaml_is_null(value)) {
		settings_complain_shape(reader, key, value, "a word");
		return false;
	}
	for (; words[n]; n++) {
		known[n] = slice_from(words[n]);
		if (slice_equal(known[n], value->value))
			return true;
	}
	g_autofree char *what = g_strdup_printf("%s cannot be", yaml_text(key).at);
	settings_complain_word(reader, value, what, known, n);
	return false;
}

/* ---- shapes ----------------------------------------------------------------------------------------------- */

static const SettingKey *find_key(const SettingKey *keys, size_t n_keys, Slice name)
{
	for (size_t i = 0; i < n_keys; i++)
		if (slice_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

void settings_read_keys(const Settings *reader, Node subject, const YamlNode *key, const YamlNode *map,
        const SettingKey *keys, size_t n_keys)
{
	Slice known[SETTINGS_MOST_KEYS];
	if (yaml_is_null(map))
		return;
	if (!yaml_is_map(map)) {
		settings_complain_shape(reader, key, map, "a map");
		return;
	}
	for (size_t i = 0; i < n_keys; i++)
		known[i] = slice_from(keys[i].name);
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);) {
		const SettingKey *found = find_key(keys, n_keys, yaml_text(pairs.key));
		if (found)
			found->read(reader, subject, pairs.key, pairs.value);
		else if (yaml_is_scalar(pairs.key) && !slice_starts(pairs.key->value, "x-"))
			settings_complain_word(reader, pairs.key, "unknown key", known, n_keys);
	}
}

void settings_read_names(
        const Settings *reader, Node subject, const YamlNode *key, const YamlNode *map, SettingReader *each)
{
	if (yaml_is_null(map))
		return;
	if (!yaml_is_map(map)) {
		settings_complain_shape(reader, key, map, "a map from names");
		return;
	}
	for (YamlPairs pairs = yaml_pairs(map); yaml_next_pair(&pairs);)
		if (yaml_is_scalar(pairs.key) && pairs.key->value.length)
			each(reader, subject, pairs.key, pairs.value);
}

void settings_read_values(
        const Settings *reader, Node subject, const YamlNode *key, const YamlNode *value, SettingReader *each)
{
	if (yaml_is_null(value))
		return;
	if (yaml_is_scalar(value)) {
		each(reader, subject, key, value);
		return;
	}
	if (!yaml_is_sequence(value)) {
		settings_complain_shape(reader, key, value, "a value or a list of values");
		return;
	}
	YAML_EACH_ITEM (value, item) {
		if (yaml_is_scalar(item) && !yaml_is_null(item))
			each(reader, subject, key, item);
		else
			settings_complain_shape(reader, key, item, "single values in its list");
	}
}
