/* Random edits of random texts: bytes outside the spans stay, an edit and its opposite give the original, places map to
 * where their bytes went; and the forms of values and lines. */
#include "edit/edit.h"

#include <stdio.h>
#include <stdlib.h>

static Slice random_text(GRand *random, char *to, size_t most)
{
	static const char bytes[] = "ab: \n\r\n\"'#-\xc3\xa4{}0";
	Slice text = {to, (size_t)g_rand_int_range(random, 0, (int)most)};
	for (size_t i = 0; i < text.length; i++)
		to[i] = bytes[g_rand_int_range(random, 0, (int)sizeof bytes - 1)];
	return text;
}

static size_t random_edits(GRand *random, Slice text, Edit *edits, char (*texts)[16])
{
	size_t count = 0;
	for (int i = 0; i < 12; i++) {
		uint32_t start = (uint32_t)g_rand_int_range(random, 0, (int)text.length + 1);
		uint32_t length = (uint32_t)g_rand_int_range(random, 0, 6),
		         end = MIN((uint32_t)text.length, start + length);
		Edit edit = {0, start, end, random_text(random, texts[i], 15)};
		bool free = true;
		for (size_t k = 0; k < count; k++)
			free &= !edit_conflicts(&edits[k], &edit) && !edit_equal(&edits[k], &edit);
		if (free)
			edits[count++] = edit;
	}
	qsort(edits, count, sizeof(Edit), edit_compare);
	return count;
}

/* The edits that bring the old text back. */
static void opposite(Slice old, const Edit *edits, size_t count, Edit *back)
{
	int64_t moved = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t start = (uint32_t)(edits[i].start + moved);
		back[i] = (Edit){
		        0, start, start + (uint32_t)edits[i].text.length, slice_sub(old, edits[i].start, edits[i].end)};
		moved += (int64_t)edits[i].text.length - (edits[i].end - edits[i].start);
	}
}

static void test_properties(void)
{
	GRand *random = g_rand_new_with_seed(11);
	Arena *arena = arena_new();
	for (int round = 0; round < 20000; round++) {
		char bytes[201], texts[12][16];
		Edit edits[12], back[12];
		Slice old = random_text(random, bytes, 200), now, again;
		size_t count = random_edits(random, old, edits, texts);
		g_assert_true(edit_apply(old, edits, count, arena, &now));
		opposite(old, edits, count, back);
		g_assert_true(edit_apply(now, back, count, arena, &again));
		g_assert_true(slice_equal(old, again));
		for (uint32_t at = 0; at < old.length; at++)
			if (!edit_touches(edits, count, at, at + 1)) {
				uint32_t there = edit_map(edits, count, at);
				g_assert_cmpuint(there, <, now.length);
				g_assert_true(now.at[there] == old.at[at]);
			}
		arena_reset(arena);
	}
	arena_free(arena);
	g_rand_free(random);
}

static void test_refused(void)
{
	Arena *arena = arena_new();
	Slice text;
	const Edit outside = {0, 3, 9, {"", 0}}, crossed = {0, 3, 2, {"", 0}};
	const Edit both[] = {{0, 0, 3, {"x", 1}}, {0, 2, 4, {"y", 1}}};
	g_assert_false(edit_apply(SLICE("abcde"), &outside, 1, arena, &text));
	g_assert_false(edit_apply(SLICE("abcde"), &crossed, 1, arena, &text));
	g_assert_false(edit_apply(SLICE("abcde"), both, 2, arena, &text));
	g_assert_true(edit_conflicts(&both[0], &both[1]));
	arena_free(arena);
}

static void test_files(void)
{
	const Edit edits[] = {
	        {1, 0, 1, SLICE("x")}, {3, 2, 3, SLICE("x")}, {3, 5, 6, SLICE("x")}, {7, 0, 0, SLICE("x")}};
	const size_t wanted[] = {0, 1, 0, 2, 0, 0, 0, 1, 0};
	const Edit *const first[] = {NULL, edits, NULL, edits + 1, NULL, NULL, NULL, edits + 3, NULL};
	for (uint32_t file = 0; file < G_N_ELEMENTS(wanted); file++) {
		size_t count;
		g_assert_true(edits_of_file(edits, G_N_ELEMENTS(edits), file, &count) == first[file]);
		g_assert_cmpuint(count, ==, wanted[file]);
	}
}

static void test_scalars(void)
{
	static const char *const cases[][3] = {{"old", "new", "new"}, {"\"old\"", "new", "\"new\""},
	        {"'old'", "it's", "'it''s'"}, {"\"80\"", "81", "\"81\""}, {"80", "81", "81"}, {"old", "81", "\"81\""},
	        {"old", "yes", "\"yes\""}, {"old", "a: b", "\"a: b\""}, {"old", "a:b", "a:b"}, {"old", "", "\"\""},
	        {"\"x\"", "a\"b\\c", "\"a\\\"b\\\\c\""}, {"old", "192.168.1.5", "\"192.168.1.5\""},
	        {"192.168.1.4", "192.168.1.5", "192.168.1.5"}, {"old", "a #b", "\"a #b\""}};
	Arena *arena = arena_new();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Slice text = edit_scalar(slice_from(cases[i][0]), slice_from(cases[i][1]), arena);
		g_autofree char *given = slice_dup(text);
		g_assert_cmpstr(given, ==, cases[i][2]);
	}
	arena_free(arena);
}

static void expect(Slice old, Edit edit, const char *wanted)
{
	g_autoptr(Arena) arena = arena_new();
	Slice text;
	g_assert_true(edit_apply(old, &edit, 1, arena, &text));
	g_assert_cmpstr(text.at, ==, wanted);
}

static void test_lines(void)
{
	g_autoptr(Arena) arena = arena_new();
	Slice unix_text = SLICE("a\n  b\nc\n"), dos = SLICE("a\r\nb\r\n"), open = SLICE("a\nb"), empty = SLICE("");
	expect(unix_text, edit_insert_below(0, unix_text, 4, SLICE("  x\n  y"), arena), "a\n  b\n  x\n  y\nc\n");
	expect(unix_text, edit_insert_above(0, unix_text, 4, SLICE("x"), arena), "a\nx\n  b\nc\n");
	expect(dos, edit_insert_below(0, dos, 0, SLICE("x\ny"), arena), "a\r\nx\r\ny\r\nb\r\n");
	expect(open, edit_insert_below(0, open, 3, SLICE("x"), arena), "a\nb\nx");
	expect(empty, edit_insert_below(0, empty, 0, SLICE("x"), arena), "x");
	expect(unix_text, edit_delete_lines(0, unix_text, 4, 5), "a\nc\n");
	expect(unix_text, edit_delete_lines(0, unix_text, 0, 6), "c\n");
	expect(open, edit_delete_lines(0, open, 2, 3), "a\n");
	Slice indent = edit_indent(unix_text, 4);
	g_assert_cmpuint(indent.length, ==, 2);
}

/* "-12,3": the number of lines before the hunk, as of an empty range the line it stands behind. */
static uint32_t lines_above(const char *range)
{
	unsigned line, lines;
	g_assert_cmpint(sscanf(range + 1, "%u,%u", &line, &lines), ==, 2);
	return lines ? line - 1 : line;
}

static Slice take_line(Slice *rest)
{
	size_t end = slice_find_byte(*rest, '\n', 0);
	Slice line = slice_sub(*rest, 0, end == SIZE_MAX ? rest->length : end + 1);
	*rest = slice_sub(*rest, line.length, rest->length);
	return line;
}

/* What a program that applies patches makes of the hunks. */
static void patch(Slice old, const char *hunks, GString *out)
{
	Slice rest = old, script = slice_from(hunks);
	uint32_t at = 0, made = 0;
	while (script.length) {
		Slice line = take_line(&script);
		if (slice_starts(line, "@@")) {
			for (uint32_t above = lines_above(line.at + 3); at < above; at++, made++) {
				Slice kept = take_line(&rest);
				g_string_append_len(out, kept.at, (gssize)kept.length);
			}
			g_assert_cmpuint(lines_above(strchr(line.at, '+')), ==, made);
			continue;
		}
		Slice bytes = slice_sub(line, 1, line.length);
		if (slice_starts(script, "\\")) {
			take_line(&script);
			bytes.length--;
		}
		if (*line.at != '+') {
			Slice there = take_line(&rest);
			g_assert_true(slice_equal(there, bytes));
			at++;
		}
		if (*line.at != '-') {
			g_string_append_len(out, bytes.at, (gssize)bytes.length);
			made++;
		}
	}
	g_string_append_len(out, rest.at, (gssize)rest.length);
}

static void test_hunks(void)
{
	GRand *random = g_rand_new_with_seed(12);
	Arena *arena = arena_new();
	for (int round = 0; round < 20000; round++) {
		char bytes[201], texts[12][16];
		Edit edits[12];
		Slice old = random_text(random, bytes, 200), now;
		size_t count = random_edits(random, old, edits, texts), held = 0;
		uint32_t context = (uint32_t)g_rand_int_range(random, 0, 4);
		g_autoptr(GArray) hunks = hunks_new(old, edits, count, context);
		g_autoptr(GString) script = g_string_new(NULL), made = g_string_new(NULL);
		for (guint i = 0; i < hunks->len; i++) {
			const Hunk *hunk = &g_array_index(hunks, Hunk, i);
			g_assert_cmpuint(hunk->first, ==, held);
			held += hunk->count;
			hunk_append(old, edits, count, hunk, context, script);
		}
		g_assert_cmpuint(held, ==, count);
		patch(old, script->str, made);
		g_assert_true(edit_apply(old, edits, count, arena, &now));
		g_assert_cmpmem(made->str, made->len, now.at, now.length);
		arena_reset(arena);
	}
	arena_free(arena);
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/edit/properties", test_properties);
	g_test_add_func("/edit/refused", test_refused);
	g_test_add_func("/edit/scalars", test_scalars);
	g_test_add_func("/edit/files", test_files);
	g_test_add_func("/edit/lines", test_lines);
	g_test_add_func("/edit/hunks", test_hunks);
	return g_test_run();
}
