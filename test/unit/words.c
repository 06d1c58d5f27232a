/* Which files may hold a word, held against the texts themselves: words of random bytes, long and short, at the ends of
 * the text and across its blocks of 64 bytes. A file that has all words of a name may hold it; few of the others may.
 */
#include "fact/fact.h"

#include <string.h>

#define TEXTS 400

static bool is_word_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

/* Words and what stands between them; bytes next to the letters in the table of ASCII, and those above it. */
static char *random_text(GRand *random, size_t length)
{
	static const char letters[] = "abcxyzABCXYZ0189_", others[] = " .-/:@[`{\n\x7f\xc3\xa9\xff";
	char *text = g_malloc(length + 1);
	bool word = true;
	for (size_t i = 0; i < length; i++) {
		word = g_rand_int_range(random, 0, 9) ? word : !word;
		const char *bytes = word ? letters : others;
		text[i] = bytes[g_rand_int_range(random, 0, (gint32)strlen(bytes))];
	}
	text[length] = '\0';
	return text;
}

static Graph *graph_of(const char *text, size_t length)
{
	g_autoptr(GraphBuilder) builder = graph_builder_new();
	graph_begin_file(builder, SLICE("a.txt"), (Slice){text, length});
	return graph_seal(&builder, 1);
}

static bool may_hold(const Graph *graph, Slice word)
{
	Sought words = sought_words(word);
	return graph_may_hold(graph, 0, &words);
}

static void test_all_words(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	for (int t = 0; t < TEXTS; t++) {
		size_t length = (size_t)g_rand_int_range(random, 0, 300);
		g_autofree char *text = random_text(random, length);
		g_autoptr(Graph) graph = graph_of(text, length);
		for (size_t start = 0, end; start < length; start = end + 1) {
			for (end = start; end < length && is_word_byte(text[end]);)
				end++;
			g_autofree char *alone = g_strndup(text + start, end - start); /* elsewhere in memory */
			g_assert_true(may_hold(graph, (Slice){alone, end - start}));
		}
	}
}

static void test_parts_and_strangers(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(8);
	g_autofree char *text = random_text(random, 3000);
	g_autoptr(Graph) graph = graph_of(text, 3000);
	int taken = 0;
	for (int i = 0; i < 1000; i++) {
		g_autofree char *word = g_strdup_printf("stranger%d", g_rand_int_range(random, 0, G_MAXINT32));
		taken += may_hold(graph, slice_from(word));
	}
	g_assert_cmpint(taken, <, 60); /* one in a hundred, as three bits of twelve make it */
	/* A name of two words is told by both, and one of less than three bytes by nothing. */
	g_autoptr(Graph) known = graph_of("the media-server runs", 21);
	g_assert_true(may_hold(known, SLICE("media-server")));
	g_assert_true(may_hold(known, SLICE("ab")));
	g_assert_false(may_hold(known, SLICE("media-servers")));
	g_assert_false(may_hold(known, SLICE("serve")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/words/all", test_all_words);
	g_test_add_func("/words/strangers", test_parts_and_strangers);
	return g_test_run();
}
