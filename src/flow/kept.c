/* A source sees a path, bytes, and whether they can be executed, and nothing else; so the id of the bytes and the other
 * two are the key, and what was read is right for ever, or until the program is another. Only what lies in Git's
 * objects is kept: a text that was never added to Git may hold what is in no repository yet, and stays out of the cache
 * folder. A checkout may be another text than its object (line ends, encryption), so bytes from the disk are counted
 * out before they are kept under the object's id. */
#include "flow/kept.h"

#include "base/version.h"

Store *kept_open(void)
{
	const char *stamp = version_stamp();
	return stamp ? store_open("facts", stamp) : NULL;
}

static bool is_keepable(const RepoEntry *entry)
{
	return entry->has_blob && entry->kind == REPO_FILE;
}

static Slice key_of(const RepoEntry *entry, Arena *arena)
{
	size_t length = sizeof entry->blob + 1 + entry->length;
	char *key = arena_bytes(arena, length);
	memcpy(key, entry->blob, sizeof entry->blob);
	key[sizeof entry->blob] = entry->executable ? 'x' : '-';
	memcpy(key + sizeof entry->blob + 1, entry->path, entry->length);
	return (Slice){key, length};
}

bool kept_find(const Store *kept, const RepoEntry *entry, Arena *arena, Slice *ret_record)
{
	return kept && is_keepable(entry) && store_find(kept, key_of(entry, arena), arena, ret_record);
}

void kept_add(Store *kept, const RepoEntry *entry, Slice record)
{
	g_autoptr(Arena) arena = arena_new();
	if (is_keepable(entry))
		store_add(kept, key_of(entry, arena), record);
}
