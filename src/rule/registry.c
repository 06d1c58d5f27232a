/* What registries say of images, where they were asked: rows that flow/online.c derives. Without `check --online` these
 * rules find nothing. */
#include "rule/rule.h"

/* One image is one finding, its other uses are evidence: the key is what the finding is about. */
static Finding *once(Checker *checker, GHashTable *known, const Row *row, const char *key, const Row **ret_image)
{
	const Graph *graph = checker_graph(checker);
	*ret_image = graph_find(graph, row->subject, FACT_IMAGE);
	Finding *finding = *ret_image ? g_hash_table_lookup(known, key) : NULL;
	if (finding)
		add_evidence(checker, finding, graph_span(graph, *ret_image), "used here too");
	return finding;
}

/* ---- image-missing -------------------------------------------------------------------------------------- */

static const char *tag_of(const char *image)
{
	const char *slash = strrchr(image, '/'), *colon = strrchr(image, ':');
	return strchr(image, '@') || !colon || (slash && colon < slash) ? NULL : colon + 1;
}

static void mend_tag(Checker *checker, Finding *finding, const Row *image, const char *near)
{
	const Graph *graph = checker_graph(checker);
	const char *tag = tag_of(graph_symbol_text(graph, image->object));
	if (!tag || !near)
		return;
	set_hint(checker, finding, "the registry has %s", near);
	set_because(checker, finding, FIX_VALUE, "the registry has no tag so near");
	add_rename(checker, finding, graph_span(graph, image), tag, near);
}

static void check_image_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_IMAGE_ABSENT, row) {
		const Row *image;
		const char *text = graph_text(graph, row->subject, FACT_IMAGE);
		const Row *near = graph_find(graph, row->subject, FACT_IMAGE_NEAR);
		Finding *finding = once(checker, known, row, text, &image);
		if (!image)
			continue;
		bool tag = strcmp(graph_symbol_text(graph, row->object), "tag") == 0;
		if (!finding) {
			finding = report(checker, row->subject, graph_span(graph, image),
			        tag ? "the registry has no such tag or digest of '%s'"
			            : "the registry has no repository for '%s'",
			        text);
			set_detail(checker, finding, "%s", text);
			if (graph_has(graph, row->subject, FACT_HELD_BY))
				set_hint(checker, finding, "node %s holds it still: it runs there until its pod moves",
				        graph_text(graph, row->subject, FACT_HELD_BY));
			g_hash_table_insert(known, (gpointer)text, finding);
		}
		mend_tag(checker, finding, image, near ? graph_symbol_text(graph, near->object) : NULL);
	}
}

/* ---- image-arch-mismatch ---------------------------------------------------------------------------------- */

/* The value that a pod's selector gives the label, or NULL. */
static const char *selected(const Graph *graph, Node pod, const char *label)
{
	size_t length = strlen(label);
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (strncmp(pair, label, length) == 0 && pair[length] == '=')
			return pair + length + 1;
	}
	return NULL;
}

/* A machine of labwright.yaml, or a node of the cluster: that has no place. */
typedef struct Machine {
	const char *name, *architecture;
	Node node; /* or NODE_NONE */
} Machine;

/* The cluster knows its nodes best; machines that are none of them are told by labwright.yaml. */
static GArray *machines_of(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GArray *machines = g_array_new(FALSE, FALSE, sizeof(Machine));
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_CLUSTER_MACHINE, row) {
		const char *text = graph_symbol_text(graph, row->object), *equals = strchr(text, '=');
		Machine machine = {arena_printf(checker_arena(checker), "%.*s", (int)(equals - text), text), equals + 1,
		        NODE_NONE};
		g_array_append_val(machines, machine);
		g_hash_table_add(known, (gpointer)machine.name);
	}
	GRAPH_EACH (graph, FACT_ARCHITECTURE, row) {
		Machine machine = {
		        graph_name(graph, row->subject), graph_symbol_text(graph, row->object), row->subject};
		if (!g_hash_table_contains(known, machine.name))
			g_array_append_val(machines, machine);
	}
	return machines;
}

static bool is_for_machine(const Graph *graph, Node pod, const Machine *machine)
{
	const char *arch = selected(graph, pod, "kubernetes.io/arch");
	const char *host = selected(graph, pod, "kubernetes.io/hostname");
	const char *name = graph_text(graph, pod, FACT_NODE_NAME);
	host = *name ? name : host;
	return (!arch || strcmp(arch, machine->architecture) == 0) && (!host || strcmp(host, machine->name) == 0);
}

static bool is_built_for(const Graph *graph, Node subject, const char *architecture)
{
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(architecture), &symbol) &&
	       graph_says(graph, subject, FACT_IMAGE_PLATFORM, symbol);
}

/* Machines that the program may run on: how many of them the image is built for, and one that it is not. */
static uint32_t count_machines(
        const Graph *graph, const GArray *machines, Node subject, uint32_t *ret_fit, const Machine **ret_other)
{
	Node pod = graph_ancestor(graph, subject, NODE_POD);
	uint32_t all = 0;
	*ret_fit = 0;
	for (guint i = 0; i < machines->len; i++) {
		const Machine *machine = &g_array_index(machines, Machine, i);
		if (pod ? !is_for_machine(graph, pod, machine) : !machine->node) /* compose runs on no cluster */
			continue;
		all++;
		if (is_built_for(graph, subject, machine->architecture))
			++*ret_fit;
		else
			*ret_other = machine;
	}
	return all;
}

static char *list_platforms(const Graph *graph, Node subject)
{
	GString *list = g_string_new(NULL);
	GRAPH_OF (graph, subject, FACT_IMAGE_PLATFORM, row)
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", graph_symbol_text(graph, row->object));
	return g_string_free(list, FALSE);
}

/* Affinity may leave out what the selector lets in. */
static bool is_bound_otherwise(const Graph *graph, Node subject)
{
	Node pod = graph_ancestor(graph, subject, NODE_POD);
	return pod && (graph_has(graph, pod, FACT_NODE_AFFINITY) || graph_first_child(graph, pod, NODE_TERM));
}

static void check_platform(Checker *checker, const GArray *machines, Node subject, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, subject, FACT_IMAGE);
	uint32_t fit;
	const Machine *other = NULL;
	uint32_t all = count_machines(graph, machines, subject, &fit, &other);
	bool pod = graph_ancestor(graph, subject, NODE_POD) != NODE_NONE;
	if (!image || all == 0 || fit == all || (fit && (!pod || is_bound_otherwise(graph, subject))))
		return;
	const char *text = graph_symbol_text(graph, image->object);
	g_autofree char *platforms = list_platforms(graph, subject);
	if (g_hash_table_contains(known, text))
		return;
	Finding *finding = report_at(checker, fit ? LEVEL_WARNING : LEVEL_ERROR, subject, graph_span(graph, image),
	        fit ? "'%s' is built for %s, and may be put on %s, which is %s"
	            : "'%s' is built for %s, and can only run on %s, which is %s",
	        text, platforms, other->name, other->architecture);
	set_detail(checker, finding, "%s", text);
	if (other->node)
		add_evidence(
		        checker, finding, graph_place(graph, other->node), "the machine is %s", other->architecture);
	if (fit)
		set_hint(checker, finding, "nodeSelector: {kubernetes.io/arch: %s}",
		        graph_text(graph, subject, FACT_IMAGE_PLATFORM));
	g_hash_table_add(known, (gpointer)text);
}

static void check_image_arch_mismatch(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) machines = machines_of(checker);
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_IMAGE_PLATFORM, row) {
		if (row->subject != last)
			check_platform(checker, machines, row->subject, known);
		last = row->subject;
	}
}

/* ---- image-outdated ------------------------------------------------------------------------------------------ */

static void check_image_outdated(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_NEWER_TAG, row) {
		const Row *image;
		const char *text = graph_text(graph, row->subject, FACT_IMAGE);
		if (once(checker, known, row, text, &image) || !image)
			continue;
		Finding *finding = report(checker, row->subject, graph_span(graph, image), "'%s': the registry has %s",
		        text, graph_symbol_text(graph, row->object));
		set_detail(checker, finding, "%s", text);
		g_hash_table_insert(known, (gpointer)text, finding);
	}
}

static const Rule rules[] = {
        {
                .id = "image-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an image that its registry does not have",
                .why = "The pod stays in ImagePullBackOff, compose stops with the pull. While an old copy is on the "
                       "machine all goes well, until it moves to another.",
                .remedy = "Name a tag that is there. Asked by `check --online`.",
                .check = check_image_missing,
        },
        {
                .id = "image-arch-mismatch",
                .level = LEVEL_ERROR,
                .title = "an image that is not built for its machine",
                .why = "The container ends at once with `exec format error`, or the pull finds no matching manifest.",
                .remedy = "Take a tag for several platforms, or bind the program to a machine that it is built for. "
                          "Asked by `check --online`, where labwright.yaml says what processors the machines have, "
                          "or `--live` what those of the cluster have.",
                .check = check_image_arch_mismatch,
        },
        {
                .id = "image-outdated",
                .level = LEVEL_INFO,
                .title = "a newer version of an image",
                .why = "What is not updated for long is updated with trouble, and holds gaps that are known.",
                .remedy = "Read the notes of the release, make a backup, and raise the tag. Asked by `check --online`.",
                .check = check_image_outdated,
        },
};

const RuleSet rules_registry = {"registry", rules, G_N_ELEMENTS(rules)};
