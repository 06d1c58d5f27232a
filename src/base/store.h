/* Bytes kept between runs under keys, in the user's cache folder: packs that are written whole and never changed.
 * Losing all of them costs time and nothing else, so what cannot be read or written is left out without a word. */
#pragma once

#include "base/arena.h"

typedef struct Store Store;

/* $XDG_CACHE_HOME/labwright/NAME, which no one but its owner can read. The stamp, of at most 31 bytes, says who can
 * make use of what is kept: packs of another stamp are not looked at. Never NULL. */
Store *store_open(const char *name, const char *stamp);

/* What was kept under the key by an earlier run, in the arena; false where there is nothing, or not as it was written.
 * From any thread. */
bool store_find(const Store *store, Slice key, Arena *arena, Slice *ret_value);

/* Writes it into a new pack, which is there once the store is closed. One key has one value for ever. From any thread.
 */
void store_add(Store *store, Slice key, Slice value);

/* The new pack takes in the smaller ones of earlier runs, so that there are few; beyond 512 MiB the oldest go. */
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)
