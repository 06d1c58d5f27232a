/* The banded distance against the plain table on random words, and which suggestion is made or refused. */
#include "base/near.h"

#include <glib.h>

/* The textbook table, without band and limit. */
static unsigned plain_distance(Slice a, Slice b)
{
	unsigned table[12][12];
	for (size_t i = 0; i <= a.length; i++)
		for (size_t k = 0; k <= b.length; k++) {
			unsigned best = (unsigned)(i ? k ? UINT32_MAX : i : k);
			if (i && k) {
				best = MIN(table[i - 1][k], table[i][k - 1]) + 1;
				best = MIN(best, table[i - 1][k - 1] + (a.at[i - 1] != b.at[k - 1]));
			}
			if (i > 1 && k > 1 && a.at[i - 1] == b.at[k - 2] && a.at[i - 2] == b.at[k - 1])
				best = MIN(best, table[i - 2][k - 2] + 1);
			table[i][k] = best;
		}
	return table[a.length][b.length];
}

static Slice random_word(GRand *random, char *to)
{
	Slice word = {to, (size_t)g_rand_int_range(random, 0, 11)};
	for (size_t i = 0; i < word.length; i++)
		to[i] = (char)('a' + g_rand_int_range(random, 0, 3));
	return word;
}

static void test_distance_oracle(void)
{
	GRand *random = g_rand_new_with_seed(7);
	for (int round = 0; round < 40000; round++) {
		char one[12], two[12];
		Slice a = random_word(random, one), b = random_word(random, two);
		unsigned expected = plain_distance(a, b), limit = (unsigned)g_rand_int_range(random, 0, 13);
		g_assert_cmpuint(near_distance(a, b, limit), ==, MIN(expected, limit + 1));
		g_assert_cmpuint(near_distance(b, a, limit), ==, MIN(expected, limit + 1));
	}
	g_rand_free(random);
}

static void test_distance(void)
{
	g_assert_cmpuint(near_distance(SLICE("chekc"), SLICE("check"), 2), ==, 1);
	g_assert_cmpuint(near_distance(SLICE("kitten"), SLICE("sitting"), 3), ==, 3);
	g_assert_cmpuint(near_distance(SLICE("kitten"), SLICE("sitting"), 2), ==, 3);
	g_assert_cmpuint(near_distance(SLICE(""), SLICE("ab"), 5), ==, 2);
	g_assert_cmpuint(near_distance(SLICE("same"), SLICE("same"), 0), ==, 0);
	g_assert_cmpuint(near_distance(SLICE("abcdefghijklmnopqrstuvwxyz"), SLICE(""), 1000), ==, NEAR_LIMIT_MAX + 1);
}

static void check_find(const char *wanted, unsigned limit, const char *expected)
{
	static const Slice known[] = {{"check", 5}, {"fix", 3}, {"facts", 5}, {"explain", 7},
	        {"image-tag-floating", 18}, {"dry-run", 7}, {"Dry_Run", 7}, {"cart", 4}, {"card", 4}, {"card", 4}};
	size_t found = near_find(slice_from(wanted), known, G_N_ELEMENTS(known), limit);
	g_assert_cmpstr(found == SIZE_MAX ? NULL : known[found].at, ==, expected);
}

static void test_find(void)
{
	check_find("chekc", 2, "check");
	check_find("explian", 2, "explain");
	check_find("fact", 2, "facts");
	check_find("deploy", 2, NULL);
	check_find("IMAGE_TAG_FLOATING", 1, "image-tag-floating");
	check_find("dry-run", 1, "dry-run");
	check_find("carp", 1, NULL);
	check_find("crad", 1, "card");
	check_find("dry_run", 1, "dry-run");
	check_find("", 2, NULL);
	g_assert_cmpuint(near_find(SLICE("x"), NULL, 0, 3), ==, SIZE_MAX);
}

static void test_limit(void)
{
	g_assert_cmpuint(near_limit(SLICE("up")), ==, 0);
	g_assert_cmpuint(near_limit(SLICE("fix")), ==, 1);
	g_assert_cmpuint(near_limit(SLICE("check")), ==, 2);
	g_assert_cmpuint(near_limit(SLICE("image-tag-floating")), ==, 3);
}

static void test_share_word(void)
{
	g_assert_true(near_share_word(SLICE("loki-runtime"), SLICE("charts/loki")));
	g_assert_true(near_share_word(SLICE("web"), SLICE("my_web.v2")));
	g_assert_false(near_share_word(SLICE("web-db"), SLICE("webs-ab")));
	g_assert_false(near_share_word(SLICE("a-db"), SLICE("b-db")));
	g_assert_false(near_share_word(SLICE("--"), SLICE("")));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/near/distance", test_distance);
	g_test_add_func("/near/distance/oracle", test_distance_oracle);
	g_test_add_func("/near/find", test_find);
	g_test_add_func("/near/limit", test_limit);
	g_test_add_func("/near/share-word", test_share_word);
	return g_test_run();
}
