/* Answers that cost time, kept between runs in the user's cache folder. Losing all of them costs time and nothing else:
 * what cannot be read or written is left out without a word. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Cache Cache;

/* $XDG_CACHE_HOME/labwright/NAME; the name is plain letters and dashes. Lines that something else wrote, or that a
 * killed run or a full disk cut short, are told by a checksum in each and skipped. Never NULL. */
Cache *cache_open(const char *name);
/* Borrowed until the next cache_add; NULL where nothing is kept. */
const char *cache_find(const Cache *cache, const char *key);
/* Keys hold no blank and values no line end. To be written by cache_close; the last of one key counts. */
void cache_add(Cache *cache, const char *key, const char *value);
/* Appends what is new by one write, so that two runs at once both keep theirs. A file over its limit begins anew. */
void cache_close(Cache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cache, cache_close)
