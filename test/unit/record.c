/* A record gives back what was written; and a record that was damaged in any way gives a graph of good numbers, or
 * none. */
#include "fact/fact.h"

static const char text[] = "apiVersion: v1\nkind: Service\nmetadata: {name: dns}\n";

static void write_file(GraphBuilder *builder, const char *path)
{
	Node file = graph_begin_file(builder, slice_from(path), slice_from(text));
	graph_add_number(builder, file, FACT_SIZE, sizeof text - 1, 0, 0);
	graph_add(builder, file, FACT_FORMAT, SLICE("kubernetes"), 0, 0);
	Node document = graph_add_node(builder, NODE_DOCUMENT, file, SLICE(""), 0, sizeof text - 1);
	Node object = graph_add_node(builder, NODE_OBJECT, document, SLICE("dns"), 46, 49);
	graph_add(builder, object, FACT_KIND, SLICE("Service"), 21, 28);
	graph_add(builder, object, FACT_API_VERSION, SLICE("v1"), 12, 14);
	graph_add_problem(builder, document, "a problem", "its message", NULL, 3, 5);
	graph_add_flag(builder, file, FACT_EXECUTABLE, 0, 0);
}

static char blank[1 << 16]; /* what a longer text is, where a length was damaged */

static const char *fetch(void *data, uint32_t file, size_t length, uint64_t hash)
{
	g_assert_cmpuint(length, <=, sizeof blank);
	return length < sizeof text ? text : blank;
}

static char *dump(GraphBuilder *builder)
{
	const DumpFilter all = {0};
	GString *out = g_string_new(NULL);
	g_autoptr(Graph) graph = graph_seal(&builder, 1);
	graph_set_fetch(graph, fetch, NULL);
	graph_dump(graph, &all, out);
	return g_string_free(out, FALSE);
}

static GByteArray *record_of(const char *path)
{
	g_autoptr(GraphBuilder) builder = graph_builder_new();
	GByteArray *record = g_byte_array_new();
	write_file(builder, "before.yaml"); /* so that numbers of the builder are not those of the file */
	write_file(builder, path);
	graph_append_record(builder, record);
	return record;
}

static bool add(GraphBuilder *builder, const char *path, const GByteArray *record)
{
	return graph_add_record(builder, slice_from(path), (Slice){(const char *)record->data, record->len});
}

static void test_same(void)
{
	g_autoptr(GraphBuilder) written = graph_builder_new(), read = graph_builder_new();
	g_autoptr(GByteArray) first = record_of("a.yaml"), second = record_of("b.yaml");
	write_file(written, "a.yaml");
	write_file(written, "b.yaml");
	g_assert_true(add(read, "b.yaml", second) && add(read, "a.yaml", first));
	g_autofree char *left = dump(written), *right = dump(read);
	g_assert_cmpstr(left, ==, right);
	g_assert_nonnull(strstr(left, "its message"));
}

/* What is no record is refused, and leaves nothing. */
static void test_refused(void)
{
	g_autoptr(GraphBuilder) builder = graph_builder_new(), alone = graph_builder_new();
	g_autoptr(GByteArray) record = record_of("a.yaml");
	write_file(builder, "b.yaml");
	write_file(alone, "b.yaml");
	g_byte_array_append(record, (const guint8 *)"more", 4);
	g_assert_false(add(builder, "a.yaml", record));
	g_autofree char *left = dump(builder), *right = dump(alone);
	g_assert_cmpstr(left, ==, right);
}

/* Every byte changed in each of its bits, and every length: refused, or a graph that can be printed. */
static void test_damaged(void)
{
	g_autoptr(GByteArray) record = record_of("a.yaml");
	for (guint i = 0; i < record->len * 8; i++) {
		g_autoptr(GraphBuilder) builder = graph_builder_new();
		record->data[i / 8] ^= (guint8)(1 << i % 8);
		if (add(builder, "a.yaml", record) && graph_text_length(builder) <= sizeof blank)
			g_free(dump(builder));
		record->data[i / 8] ^= (guint8)(1 << i % 8);
	}
	while (record->len) {
		g_autoptr(GraphBuilder) builder = graph_builder_new();
		g_byte_array_set_size(record, record->len - 1);
		g_assert_false(add(builder, "a.yaml", record));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/same", test_same);
	g_test_add_func("/record/refused", test_refused);
	g_test_add_func("/record/damaged", test_damaged);
	return g_test_run();
}
