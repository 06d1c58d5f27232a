/* Maps of settings with known keys. Problems are PROBLEM nodes, config-invalid, below the document. */
#pragma once

#include "source/source.h"

/* Of one map. */
#define SETTINGS_MOST_KEYS 16

typedef struct Settings {
	const SourceFile *file;
	Node document;
	const YamlNode *networks; /* to look addresses up in; may be NULL or anything */
} Settings;

typedef void SettingReader(const Settings *reader, Node subject, const YamlNode *key, const YamlNode *value);

typedef struct SettingKey {
	const char *name;
	SettingReader *read;
} SettingKey;

/* expected is a list of words for the reader of the message, or NULL. */
void settings_complain(const Settings *reader, const YamlNode *at, const char *expected, const char *format, ...)
        G_GNUC_PRINTF(4, 5);
/* "'key' wants … and has …". */
void settings_complain_shape(const Settings *reader, const YamlNode *key, const YamlNode *value, const char *wanted);
/* "unknown key 'x'; did you mean 'y'?" with all that would be known here. */
void settings_complain_word(
        const Settings *reader, const YamlNode *at, const char *what, const Slice *known, size_t n_known);
/* "a map", "a list", "a single value", "nothing". */
const char *settings_shape(const YamlNode *node);

/* Whether the value is one of the words, which NULL ends; complains otherwise. */
bool settings_is_word(const Settings *reader, const YamlNode *key, const YamlNode *value, const char *const *words);

/* A map with known keys; nothing at all is an empty one. */
void settings_read_keys(const Settings *reader, Node subject, const YamlNode *key, const YamlNode *map,
        const SettingKey *keys, size_t n_keys);
/* A map from names to something: `each` is called for every pair. */
void settings_read_names(
        const Settings *reader, Node subject, const YamlNode *key, const YamlNode *map, SettingReader *each);
/* One value or a list of them; nothing at all is an empty list. */
void settings_read_values(
        const Settings *reader, Node subject, const YamlNode *key, const YamlNode *value, SettingReader *each);
