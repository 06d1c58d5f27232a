/* Most rules look at few lines of few files, so that the texts of a large repository need not lie in memory, nor be
 * read at all where what they say is known from an earlier run. Facts hold places in the text, so it must be the same
 * to the byte: what the checkout has now counts only if it hashes to what was read; else Git has it. Should Git have
 * lost it meanwhile, the text is blank, and no place leads out of it. */
#include "flow/text.h"

struct Texts {
	const Repo *repo;
	GMutex lock; /* over the arena */
	Arena *arena;
};

Texts *texts_new(const Repo *repo)
{
	Texts *texts = g_new0(Texts, 1);
	texts->repo = repo;
	texts->arena = arena_new();
	g_mutex_init(&texts->lock);
	return texts;
}

void texts_free(Texts *texts)
{
	if (!texts)
		return;
	g_mutex_clear(&texts->lock);
	arena_free(texts->arena);
	g_free(texts);
}

static bool read_again(const Repo *repo, uint32_t file, size_t length, uint64_t hash, Arena *arena, Slice *ret_text)
{
	const char *problem;
	if (repo_entry(repo, file)->from_disk &&
	        repo_read(repo, file, length, arena, ret_text, &problem) == REPO_READ && ret_text->length == length &&
	        slice_hash(*ret_text) == hash)
		return true;
	return repo_read_blob(repo, file, length, arena, ret_text) && ret_text->length == length &&
	       slice_hash(*ret_text) == hash;
}

const char *texts_fetch(void *data, uint32_t file, size_t length, uint64_t hash)
{
	Texts *texts = data;
	Slice text;
	g_autoptr(Arena) arena = arena_new();
	bool good = read_again(texts->repo, file, length, hash, arena, &text);
	g_mutex_lock(&texts->lock);
	char *kept = arena_bytes(texts->arena, length + 1);
	g_mutex_unlock(&texts->lock);
	if (good)
		memcpy(kept, text.at, length);
	else
		memset(kept, ' ', length);
	kept[length] = '\0';
	return kept;
}
