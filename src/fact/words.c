/* Which words a file has, as a set of bits that is made once, while its text is at hand: rules ask again and again
 * whether anything anywhere speaks of a name, and nearly every file can be told not to without a look at its text,
 * which need not even lie in memory. A word is letters, digits and `_`, three or more of them. Three bits of twelve for
 * each word let one file in a hundred be read for nothing; a file that has the word is never left out. */
#include "fact/graph.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LEAST_LENGTH 3
#define BITS_PER_WORD 12

#define BLOCK 64 /* bytes that are told apart at a time: a bit for each */

#ifdef __SSE2__
/* Which of sixteen bytes are no more than `width` above `first`. */
static inline __m128i within(__m128i bytes, char first, char width)
{
	__m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(width)), above);
}

/* Letters of both cases are the same but for one bit. */
static inline uint64_t word_bytes(const char *at)
{
	uint64_t are = 0;
	for (int i = 0; i < BLOCK / 16; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(at + 16 * i));
		__m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z' - 'a');
		__m128i others = _mm_or_si128(within(bytes, '0', 9), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
		are |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(letters, others)) << 16 * i;
	}
	return are;
}
#else
static inline uint64_t word_bytes(const char *at)
{
	uint64_t are = 0;
	for (int i = 0; i < BLOCK; i++)
		are |= (uint64_t)(g_ascii_isalnum(at[i]) || at[i] == '_') << i;
	return are;
}
#endif

/* Eight bytes at a time; the last eight, or two fours, overlap what was taken. */
static uint32_t hash_of(const char *at, size_t length)
{
	const uint64_t prime = 0x9e3779b97f4a7c15u;
	uint64_t hash = length * prime, part = 0;
	for (size_t i = 0; i + 8 < length; i += 8) {
		memcpy(&part, at + i, 8);
		hash = (hash ^ part) * prime;
		hash ^= hash >> 32;
	}
	if (length >= 8) {
		memcpy(&part, at + length - 8, 8);
	} else if (length >= 4) {
		uint32_t halves[2];
		memcpy(&halves[0], at, 4);
		memcpy(&halves[1], at + length - 4, 4);
		part = halves[0] | (uint64_t)halves[1] << 32;
	} else {
		for (size_t i = 0; i < length; i++)
			part = part << 8 | (unsigned char)at[i];
	}
	hash = (hash ^ part) * prime;
	return (uint32_t)(hash >> 32) | 1; /* 0 is nothing that was seen */
}

typedef struct Words {
	Slice text;
	size_t at;      /* of the block after the one that is looked at */
	size_t start;   /* of the word that is open, where one is */
	uint64_t edges; /* of this block, where words begin and end, that were not taken yet */
	bool open, last;
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
	uint64_t are = word_bytes(block);
	words->edges = are ^ (are << 1 | (words->last ? 1 : 0));
	words->last = are >> (BLOCK - 1);
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
				*ret_hash = hash_of(words->text.at + words->start, at - words->start);
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
