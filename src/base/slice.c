/* Borrowed bytes: the few searches and splits that every reader needs. */
#include "base/slice.h"

#include <glib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool slice_is_nocase(Slice s, const char *text)
{
	for (size_t i = 0; i < s.length; i++) /* most differ in the first letter: their lengths are not asked */
		if (!text[i] || lower(s.at[i]) != lower(text[i]))
			return false;
	return text[s.length] == '\0';
}

bool slice_is_any(Slice s, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(s, texts[i]))
			return true;
	return false;
}

bool slice_is_any_nocase(Slice s, const char *const *texts)
{
	for (; *texts; texts++)
		if (slice_is_nocase(s, *texts))
			return true;
	return false;
}

/* Sixteen places at a time where the first and the last byte of the needle stand as far apart as they should: W. Muła,
 * "SIMD-friendly algorithms for substring searching", 2016. A sixth of the work of memmem, which looks at each. Of what
 * is left at the end, and of short texts, each place is looked at: memmem would make a table first. */
static const char *find_text(const char *text, size_t length, const char *needle, size_t needle_length)
{
#ifdef __SSE2__
	if (needle_length >= 2) {
		const __m128i first = _mm_set1_epi8(needle[0]), last = _mm_set1_epi8(needle[needle_length - 1]);
		for (; length >= needle_length + 15; text += 16, length -= 16) {
			__m128i starts = _mm_loadu_si128((const __m128i *)text);
			__m128i ends = _mm_loadu_si128((const __m128i *)(text + needle_length - 1));
			uint32_t places = (uint32_t)_mm_movemask_epi8(
			        _mm_and_si128(_mm_cmpeq_epi8(starts, first), _mm_cmpeq_epi8(ends, last)));
			for (; places; places &= places - 1)
				if (memcmp(text + __builtin_ctz(places), needle, needle_length) == 0)
					return text + __builtin_ctz(places);
		}
		for (; length >= needle_length; text++, length--)
			if (*text == *needle && memcmp(text, needle, needle_length) == 0)
				return text;
		return NULL;
	}
#endif
	return memmem(text, length, needle, needle_length);
}

size_t slice_find(Slice s, const char *needle, size_t from)
{
	if (from >= s.length)
		return SIZE_MAX;
	const char *found = find_text(s.at + from, s.length - from, needle, strlen(needle));
	return found ? (size_t)(found - s.at) : SIZE_MAX;
}

size_t slice_find_byte(Slice s, char byte, size_t from)
{
	if (from >= s.length)
		return SIZE_MAX;
	const char *found = memchr(s.at + from, byte, s.length - from);
	return found ? (size_t)(found - s.at) : SIZE_MAX;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Slice slice_trim(Slice s)
{
	while (s.length && is_blank(s.at[0])) {
		s.at++;
		s.length--;
	}
	while (s.length && is_blank(s.at[s.length - 1]))
		s.length--;
	return s;
}

bool slice_next_line(Slice *rest, Slice *ret_line)
{
	if (rest->length == 0)
		return false;
	size_t end = slice_find_byte(*rest, '\n', 0);
	size_t used = end == SIZE_MAX ? rest->length : end + 1;
	*ret_line = slice_sub(*rest, 0, end == SIZE_MAX ? rest->length : end);
	if (ret_line->length && ret_line->at[ret_line->length - 1] == '\r')
		ret_line->length--;
	*rest = slice_sub(*rest, used, rest->length);
	return true;
}

bool slice_next_word(Slice *rest, Slice *ret_word)
{
	Slice left = slice_trim(*rest);
	if (left.length == 0)
		return false;
	size_t end = 0;
	while (end < left.length && !is_blank(left.at[end]))
		end++;
	*ret_word = slice_sub(left, 0, end);
	*rest = slice_sub(left, end, left.length);
	return true;
}

bool slice_to_number(Slice s, uint32_t *ret_number)
{
	if (s.length == 0 || s.length > 9)
		return false;
	uint32_t number = 0;
	for (size_t i = 0; i < s.length; i++) {
		if (!g_ascii_isdigit(s.at[i]))
			return false;
		number = number * 10 + (uint32_t)(s.at[i] - '0');
	}
	*ret_number = number;
	return true;
}

char *slice_dup(Slice s)
{
	return g_strndup(s.at, s.length);
}

/* Multiply and fold over 8-byte words, after the mixing step of wyhash (Wang Yi, public domain). */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 Wide;
	Wide product = (Wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes at a time; the last eight, or two fours, overlap what was taken. */
uint64_t slice_hash(Slice text)
{
	const uint64_t k = 0x9e3779b97f4a7c15u;
	uint64_t hash = text.length * k, word = 0;
	for (size_t i = 0; i + 8 < text.length; i += 8) {
		memcpy(&word, text.at + i, 8);
		hash = fold(hash ^ word, k);
	}
	if (text.length >= 8) {
		memcpy(&word, text.at + text.length - 8, 8);
	} else if (text.length >= 4) {
		uint32_t halves[2];
		memcpy(&halves[0], text.at, 4);
		memcpy(&halves[1], text.at + text.length - 4, 4);
		word = halves[0] | (uint64_t)halves[1] << 32;
	} else {
		for (size_t i = 0; i < text.length; i++)
			word = word << 8 | (unsigned char)text.at[i];
	}
	return fold(hash ^ word, 0xd6e8feb86659fd93u);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

#ifdef __SSE2__
/* Which of sixteen bytes are no more than `width` above `first`. */
static inline __m128i within(__m128i bytes, char first, char width)
{
	__m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(width)), above);
}

/* Letters of both cases are the same but for one bit. */
uint64_t slice_word_bytes(const char *at)
{
	uint64_t are = 0;
	for (int i = 0; i < SLICE_WORD_BLOCK / 16; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(at + 16 * i));
		__m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z' - 'a');
		__m128i others = _mm_or_si128(within(bytes, '0', 9), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
		are |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(letters, others)) << 16 * i;
	}
	return are;
}
#else
uint64_t slice_word_bytes(const char *at)
{
	uint64_t are = 0;
	for (int i = 0; i < SLICE_WORD_BLOCK; i++)
		are |= (uint64_t)(g_ascii_isalnum(at[i]) || at[i] == '_') << i;
	return are;
}
#endif
