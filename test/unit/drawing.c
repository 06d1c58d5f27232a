/* Random trees of folders, drawn; names taken out, hung elsewhere and added. What the edits make of the text is what
 * this file draws of the tree as it is then, word for word. */
#include "edit/edit.h"

#include <string.h>

typedef struct Item {
	char name[8];
	struct Item *above;
	GPtrArray *below; /* Item */
	bool said;        /* there is a comment behind the name */
} Item;

/* Behind a name, what is said of it begins in this column. */
#define SAID 60

static Item *item_new(Item *above, int number)
{
	Item *item = g_new0(Item, 1);
	g_snprintf(item->name, sizeof item->name, "n%d", number);
	item->above = above;
	item->below = g_ptr_array_new();
	if (above)
		g_ptr_array_add(above->below, item);
	return item;
}

static void item_free(Item *item)
{
	for (guint i = 0; i < item->below->len; i++)
		item_free(item->below->pdata[i]);
	g_ptr_array_unref(item->below);
	g_free(item);
}

static void draw_below(const Item *item, const char *strokes, GString *out)
{
	for (guint i = 0; i < item->below->len; i++) {
		const Item *one = item->below->pdata[i];
		bool last = i + 1 == item->below->len;
		g_autofree char *line = g_strdup_printf("%s%s── %s", strokes, last ? "└" : "├", one->name),
		                *deeper = g_strdup_printf("%s%s   ", strokes, last ? " " : "│");
		int blanks = SAID - (int)g_utf8_strlen(line, -1);
		g_string_append(out, line);
		if (one->said)
			g_string_append_printf(out, "%*s# of %s", MAX(blanks, 2), "", one->name);
		g_string_append_c(out, '\n');
		draw_below(one, deeper, out);
	}
}

static GString *draw(const Item *root, const char *indent)
{
	GString *text = g_string_new("Before:\n\n```\nlab/\n");
	draw_below(root, indent, text);
	g_string_append(text, "```\nBehind.\n");
	return text;
}

static bool is_within(const Item *item, const Item *other)
{
	for (; item; item = item->above)
		if (item == other)
			return true;
	return false;
}

static DrawnLine *line_of(const Drawing *drawing, Slice text, const Item *item)
{
	g_autofree char *word = g_strdup_printf("── %s", item->name);
	size_t length = strlen(word), at = slice_find(text, word, 0);
	while (at != SIZE_MAX && g_ascii_isdigit(text.at[at + length]))
		at = slice_find(text, word, at + 1);
	return item->above ? drawing_line(drawing, (uint32_t)at) : NULL;
}

static void hold(const Drawing *drawing, Slice text, const Item *root, const char *indent)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GArray) edits = g_array_new(FALSE, FALSE, sizeof(Edit));
	g_autoptr(GString) wanted = draw(root, indent);
	Slice now;
	drawing_append_edits(drawing, 0, arena, edits);
	g_array_sort(edits, edit_compare);
	g_assert_true(edit_apply(text, (const Edit *)(void *)edits->data, edits->len, arena, &now));
	g_assert_cmpstr(now.at, ==, wanted->str);
}

/* Several of them, on lines that earlier ones have not moved. */
static void change(GRand *random, GPtrArray *items, Drawing *drawing, Slice text)
{
	Item *item = items->pdata[g_rand_int_range(random, 1, (int)items->len)],
	     *folder = items->pdata[g_rand_int_range(random, 0, (int)items->len)];
	switch (g_rand_int_range(random, 0, 3)) {
	case 0:
		if (is_within(folder, item))
			return;
		drawing_move(drawing, line_of(drawing, text, item), line_of(drawing, text, folder), NULL);
		g_ptr_array_remove(item->above->below, item);
		g_ptr_array_add(folder->below, item);
		item->above = folder;
		return;
	case 1:
		drawing_add(drawing, line_of(drawing, text, folder), "n99");
		item_new(folder, 99);
		return;
	default:
		drawing_erase(drawing, line_of(drawing, text, item));
		g_ptr_array_remove(item->above->below, item);
		item_free(item);
	}
}

static void test_changes(void)
{
	GRand *random = g_rand_new_with_seed(7);
	for (int round = 0; round < 5000; round++) {
		const char *indent = round % 3 ? "" : "  ";
		g_autoptr(GPtrArray) items = g_ptr_array_new();
		int count = g_rand_int_range(random, 3, 16);
		g_ptr_array_add(items, item_new(NULL, 0));
		for (int i = 1; i < count; i++) {
			Item *item = item_new(items->pdata[g_rand_int_range(random, 0, i)], i);
			item->said = g_rand_boolean(random);
			g_ptr_array_add(items, item);
		}
		g_autoptr(GString) text = draw(items->pdata[0], indent);
		Slice old = {text->str, text->len};
		g_autoptr(Drawing) drawing = drawing_new(old, (uint32_t)slice_find(old, "─", 0));
		hold(drawing, old, items->pdata[0], indent);
		change(random, items, drawing, old);
		hold(drawing, old, items->pdata[0], indent);
		item_free(items->pdata[0]);
	}
	g_rand_free(random);
}

static void expect(const char *before, const char *name, const char *folder, const char *after)
{
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GArray) edits = g_array_new(FALSE, FALSE, sizeof(Edit));
	Slice text = slice_from(before), now;
	g_autoptr(Drawing) drawing = drawing_new(text, (uint32_t)slice_find(text, name, 0));
	DrawnLine *line = drawing_line(drawing, (uint32_t)slice_find(text, name, 0));
	if (folder)
		drawing_move(drawing, line, drawing_add(drawing, NULL, folder), "other");
	else
		drawing_erase(drawing, line);
	drawing_append_edits(drawing, 0, arena, edits);
	g_array_sort(edits, edit_compare);
	g_assert_true(edit_apply(text, (const Edit *)(void *)edits->data, edits->len, arena, &now));
	g_assert_cmpstr(now.at, ==, after);
}

/* Groups, lines that say more of a name, a text that ends within the drawing. */
static void test_groups(void)
{
	expect("lab/\n├── one\n│\n├── two/\n│     what it is\n│\n└── three\n", "one", NULL,
	        "lab/\n├── two/\n│     what it is\n│\n└── three\n");
	expect("lab/\n├── one\n│\n├── two/\n│     what it is\n│\n└── three\n", "two", NULL,
	        "lab/\n├── one\n│\n└── three\n");
	expect("lab/\n├── one   # the first\n└── two/", "one", "more/",
	        "lab/\n├── two/\n└── more/\n    └── other  # the first");
	expect("lab/\r\n├── one/\r\n└── two\r\n", "one/", "more/",
	        "lab/\r\n├── two\r\n└── more/\r\n    └── other/\r\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/drawing/changes", test_changes);
	g_test_add_func("/drawing/groups", test_groups);
	return g_test_run();
}
