/* JSON as it stands in a text: walked over without making values of it, for what comes by the megabyte and is needed by
 * the item. Nothing here checks that all of a text is right: what is no JSON ends the walk, and no answer leads out of
 * the text. Keys are compared as they are written, without escapes. */
#pragma once

#include "base/slice.h"

/* Where the value ends that begins at or after a place; SIZE_MAX where there is none. */
size_t jsontext_skip(Slice text, size_t at);

/* The next member of an object or item of an array, the value with its quotes or brackets; *at is 0 at the beginning.
 * The key is without quotes. False at the end, and where the text is broken. */
bool jsontext_next_member(Slice object, size_t *at, Slice *ret_key, Slice *ret_value);
bool jsontext_next_item(Slice array, size_t *at, Slice *ret_item);

/* The value of a key, or along keys in dots: "metadata.continue"; empty where there is none. */
Slice jsontext_at(Slice object, const char *path);
/* What stands between the quotes of a text; empty for other values. Escapes are as they are. */
Slice jsontext_text(Slice value);

/* A copy in which each value of these keys (NULL-terminated), however deep, is the shortest of its kind: "", {}, [] or
 * 0. Free with g_free. jsontext_cut does so in place, and gives the length; a NUL is put behind it. */
char *jsontext_without(Slice text, const char *const *keys, size_t *ret_length);
size_t jsontext_cut(char *text, size_t length, const char *const *keys);
