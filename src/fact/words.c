/* Which words a file has, as a set of bits that is made once, while its text is at hand: rules ask again and again
 * whether anything anywhere speaks of a name, and nearly every file can be told not to without a look at its text,
 * which need not even lie in memory. A word is letters, digits and `_`, three or more of them. Three bits of twelve for
 * each word let one file in a hundred be read for nothing; a file that has the word is never left out. */
#include "fact/graph.h"

#define LEAST_LENGTH 3
#define BITS_PER_WORD 12
#define BLOCK SLICE_WORD_BLOCK

typedef struct Words {
	Slice text;
	size_t at;      /* of the block after the one that is looked at */
	size_t start;   /* of the word that is open, where one is */
	uint64_t edges; /* of this block, where words begin and end, that were not taken yet */
	bool open;
} Words;

/* At each edge a word begins, or the one that is open ends. */
static void next_block(Words *words)
{
	char rest[BLOCK] = {0};
	size_t left = words->text.length - MIN(words->at, words->text.length);
	const char *block = words->text.at + words->at;
	if (left < BLOCK) {
		if (left)
			memcpy(rest, block, left);
		block = rest;
	}
	uint64_t are = slice_word_bytes(block);
	words->edges = are ^ (are << 1 | (words->open ? 1 : 0)); /* a word is open where the last block ended in one */
	words->at += BLOCK;
}

/* The next word; false at the end. A block behind the text ends the word that is open. */
static bool next_word(Words *words, uint32_t *ret_hash)
{
	for (;;) {
		while (words->edges) {
			size_t at = words->at - BLOCK + (size_t)__builtin_ctzll(words->edges);
			words->edges &= words->edges - 1;
			words->open = !words->open;
			if (words->open)
				words->start = at;
			else if (at - words->start >= LEAST_LENGTH) {
				Slice word = slice_sub(words->text, words->start, at);
				*ret_hash = (uint32_t)(slice_hash(word) >> 32) | 1; /* 0 is nothing that was seen */
				return true;
			}
		}
		if (words->at >= words->text.length && !words->open)
			return false;
		next_block(words);
	}
}

/* The three bits of a word among so many. */
static void bits_of(uint32_t hash, uint32_t bits, uint32_t ret_bits[3])
{
	uint64_t mixed = (hash + 1) * (uint64_t)0x9e3779b97f4a7c15u;
	uint32_t low = (uint32_t)mixed, high = (uint32_t)(mixed >> 32);
	ret_bits[0] = (uint32_t)((uint64_t)low * bits >> 32);
	ret_bits[1] = (uint32_t)((uint64_t)high * bits >> 32);
	ret_bits[2] = (uint32_t)((uint64_t)(low ^ (high << 15 | high >> 17)) * bits >> 32);
}

/* Of words that come again, most are counted once. */
static void collect(Slice text, GArray *hashes)
{
	uint32_t seen[1024] = {0}, hash;
	guint count = 0;
	g_array_set_size(
	        hashes, (guint)(text.length / (LEAST_LENGTH + 1) + 1)); /* a word and what parts it from the next */
	for (Words words = {.text = text}; next_word(&words, &hash);) {
		if (seen[hash % G_N_ELEMENTS(seen)] == hash)
			continue;
		seen[hash % G_N_ELEMENTS(seen)] = hash;
		g_array_index(hashes, uint32_t, count++) = hash;
	}
	g_array_set_size(hashes, count);
}

Slice words_in(Slice text, GArray *hashes, Arena *arena)
{
	collect(text, hashes);
	size_t length = (hashes->len * (size_t)BITS_PER_WORD + 7) / 8;
	char *set = memset(arena_bytes(arena, length), 0, length);
	for (guint i = 0; i < hashes->len; i++) {
		uint32_t bits[3];
		bits_of(g_array_index(hashes, uint32_t, i), (uint32_t)length * 8, bits);
		for (int k = 0; k < 3; k++)
			set[bits[k] / 8] |= (char)(1 << bits[k] % 8);
	}
	return (Slice){set, length};
}

Sought sought_words(Slice text)
{
	Sought words = {.count = 0};
	for (Words of = {.text = text};
	        words.count < G_N_ELEMENTS(words.hashes) && next_word(&of, &words.hashes[words.count]);)
		words.count++;
	return words;
}

static bool has_word(Slice set, uint32_t hash)
{
	uint32_t bits[3];
	bits_of(hash, (uint32_t)set.length * 8, bits);
	for (int k = 0; k < 3; k++)
		if (!(set.at[bits[k] / 8] & 1 << bits[k] % 8))
			return false;
	return true;
}

bool graph_may_hold(const Graph *graph, uint32_t file, const Sought *words)
{
	Slice set = graph->files[file].words;
	for (uint32_t i = 0; i < words->count; i++)
		if (set.length == 0 || !has_word(set, words->hashes[i]))
			return false;
	return true;
}
