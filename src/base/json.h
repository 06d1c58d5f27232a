/* JSON values: what engines, editors and assistants speak, and what manifests become before they are run.
 *
 * A value is an object, an array, a text, a whole number, a real number, true, false or null, and is counted: json_keep
 * and json_drop. Every reading function takes NULL and answers nothing, so that paths into foreign answers need no
 * ladder of tests. Texts are UTF-8; other bytes are replaced where a value is made of them.
 */
#pragma once

#include "base/slice.h"

#include <glib.h>

typedef struct json_t Json;

/* Parses one value that fills the text; an error names line and column. Nesting is bounded. */
Json *json_parse(Slice text, GError **error);
/* Compact, with the keys in the order in which they were set, or sorted and indented for people. Free with g_free. */
char *json_print(const Json *value);
char *json_print_pretty(const Json *value);
/* Compact and with sorted keys: equal values give equal bytes. Free with g_free. */
char *json_canonical(const Json *value);

Json *json_keep(Json *value);
void json_drop(Json *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_drop)
/* A deep copy. */
Json *json_clone(const Json *value);
bool json_same(const Json *a, const Json *b);

/* ---- asking; all borrowed --------------------------------------------------------------------------- */

typedef enum JsonKind {
	JSON_NONE,
	JSON_MAP,
	JSON_LIST,
	JSON_TEXT,
	JSON_WHOLE,
	JSON_REAL_NUMBER,
	JSON_BOOL,
	JSON_NIL
} JsonKind;

JsonKind json_kind(const Json *value);
Json *json_get(const Json *object, const char *key);
/* json_get along keys in dots; a number is the place in an array: "spec.ports.0.name". */
Json *json_at(const Json *value, const char *path);
size_t json_count(const Json *value); /* members or items */
Json *json_item(const Json *array, size_t index);
/* The text, or NULL for what is none. json_text_at is json_at and json_text. */
const char *json_text(const Json *value);
const char *json_text_at(const Json *value, const char *path);
/* The same with a value to fall back to. Reals are cut to whole numbers. */
int64_t json_number_at(const Json *value, const char *path, int64_t otherwise);
bool json_true_at(const Json *value, const char *path, bool otherwise);
/* A scalar as the text that YAML or an environment would hold: "80", "true"; NULL for none. Free with g_free. */
char *json_scalar(const Json *value);
/* The scalars of a list with blanks between; "" for none. Free with g_free. */
char *json_joined(const Json *list);

/* Loops over the items of an array, or the members of an object in the order in which they were set. */
#define JSON_EACH(array, value)                                                                                        \
	for (size_t value##_at = 0, value##_n = json_kind(array) == JSON_LIST ? json_count(array) : 0;                 \
	        value##_at < value##_n; value##_at++)                                                                  \
		for (Json *value = json_item((array), value##_at); value; value = NULL)
#define JSON_MEMBERS(object, key, value)                                                                               \
	for (void *key##_at = json_first_member(object); key##_at; key##_at = json_next_member((object), key##_at))    \
		for (const char *key = json_member_key(key##_at); key; key = NULL)                                     \
			for (Json *value = json_member_value(key##_at); value; value = NULL)

void *json_first_member(const Json *object);
void *json_next_member(const Json *object, void *member);
const char *json_member_key(void *member);
Json *json_member_value(void *member);

/* ---- making; values given are taken, NULL ones are left out ------------------------------------------ */

Json *json_new_map(void);
Json *json_new_list(void);
Json *json_new_text(const char *text);
Json *json_new_slice(Slice text);
Json *json_new_number(int64_t number);
Json *json_new_real(double number);
Json *json_new_bool(bool value);
Json *json_new_nil(void);

void json_set(Json *object, const char *key, Json *take_value);
void json_set_text(Json *object, const char *key, const char *text); /* nothing for NULL */
void json_set_number(Json *object, const char *key, int64_t number);
void json_set_bool(Json *object, const char *key, bool value);
/* The map or list that stands there, made where there is none. */
Json *json_map_in(Json *object, const char *key);
Json *json_list_in(Json *object, const char *key);
void json_remove(Json *object, const char *key);
void json_append(Json *array, Json *take_value);
void json_append_text(Json *array, const char *text);
void json_insert(Json *array, size_t index, Json *take_value);
void json_replace(Json *array, size_t index, Json *take_value);
void json_remove_item(Json *array, size_t index);
