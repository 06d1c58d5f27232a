/* What registries say of the images that a repository names: asked only where the owner says so (`check --online`),
 * each registry by one thread, one request after the other. The answers are rows that rules read like any other. */
#include "base/near.h"
#include "flow/flow.h"
#include "flow/registry.h"
#include "rule/image.h"

#define MOST_IMAGES 600
#define MOST_REGISTRIES 12

typedef struct Ask {
	char *repository, *reference; /* reference is a tag or a digest */
	char *tag;                    /* NULL where the digest stands alone */
	GPtrArray *rows;              /* const Row *: the IMAGE facts that say so */
	RegistrySays says;
	GPtrArray *platforms; /* or NULL */
	char *near, *newer;   /* tags, or NULL */
} Ask;

typedef struct Host {
	char *name;
	GPtrArray *asks;  /* Ask */
	GHashTable *tags; /* repository to GPtrArray or NULL */
	bool platforms;   /* some machine's architecture is known */
	char *silence;
	uint32_t unasked;
	GThread *thread;
} Host;

static void ask_free(gpointer data)
{
	Ask *ask = data;
	g_free(ask->repository);
	g_free(ask->reference);
	g_free(ask->tag);
	g_free(ask->near);
	g_free(ask->newer);
	g_ptr_array_unref(ask->rows);
	g_clear_pointer(&ask->platforms, g_ptr_array_unref);
	g_free(ask);
}

static void unref_list(gpointer list)
{
	if (list)
		g_ptr_array_unref(list);
}

static void host_free(gpointer data)
{
	Host *host = data;
	g_free(host->name);
	g_free(host->silence);
	g_ptr_array_unref(host->asks);
	g_hash_table_unref(host->tags);
	g_free(host);
}

/* ---- versions ----------------------------------------------------------------------------------------------- */

#define MOST_NUMBERS 4

/* v1.2.3-alpine: letters, numbers in dots, and the rest. */
typedef struct Version {
	Slice prefix, suffix;
	uint64_t numbers[MOST_NUMBERS];
	uint32_t count;
} Version;

static bool read_version(const char *tag, Version *ret)
{
	const char *at = tag + (*tag == 'v' || *tag == 'V');
	*ret = (Version){.prefix = {tag, (size_t)(at - tag)}};
	while (g_ascii_isdigit(*at) && ret->count < MOST_NUMBERS) {
		const char *end = at;
		while (g_ascii_isdigit(*end))
			end++;
		if (end - at > 12)
			return false;
		ret->numbers[ret->count++] = g_ascii_strtoull(at, NULL, 10);
		at = *end == '.' && g_ascii_isdigit(end[1]) ? end + 1 : end;
		if (at == end)
			break;
	}
	ret->suffix = slice_from(at);
	return ret->count > 0;
}

static int compare_versions(const Version *a, const Version *b)
{
	for (uint32_t i = 0; i < MIN(a->count, b->count); i++)
		if (a->numbers[i] != b->numbers[i])
			return a->numbers[i] < b->numbers[i] ? -1 : 1;
	return 0;
}

/* 2024.10 is no later version of 1.9 but another way to count. */
static bool is_same_form(const Version *one, const Version *other)
{
	return one->count == other->count && slice_equal(one->prefix, other->prefix) &&
	       slice_equal(one->suffix, other->suffix) && (one->numbers[0] >= 1000) == (other->numbers[0] >= 1000);
}

/* The highest tag of the same form that is above this one, or NULL. A lone number moves by itself or is a date. */
static char *newer_tag(const char *tag, const GPtrArray *tags)
{
	Version own, best;
	const char *found = NULL;
	if (!read_version(tag, &own) || own.count < 2)
		return NULL;
	best = own;
	for (guint i = 0; i < tags->len; i++) {
		Version other;
		if (!read_version(tags->pdata[i], &other) || !is_same_form(&own, &other) ||
		        compare_versions(&other, &best) <= 0)
			continue;
		best = other;
		found = tags->pdata[i];
	}
	return g_strdup(found);
}

/* The tag that was probably meant: one slip away, else the highest of the same form. */
static char *near_tag(const char *tag, const GPtrArray *tags)
{
	NearSearch search = near_search(slice_from(tag), MIN(near_limit(slice_from(tag)), 2));
	Version own, best = {0};
	const char *found = NULL;
	for (guint i = 0; i < tags->len; i++)
		near_offer(&search, slice_from(tags->pdata[i]));
	size_t near = near_result(&search);
	if (near != SIZE_MAX)
		return g_strdup(tags->pdata[near]);
	for (guint i = 0; read_version(tag, &own) && i < tags->len; i++) {
		Version other;
		if (read_version(tags->pdata[i], &other) && is_same_form(&own, &other) &&
		        (!found || compare_versions(&other, &best) > 0)) {
			best = other;
			found = tags->pdata[i];
		}
	}
	return g_strdup(found);
}

/* ---- one registry ---------------------------------------------------------------------------------------------- */

static const GPtrArray *tags_of(Host *host, Registry *registry, const char *repository)
{
	gpointer known;
	if (g_hash_table_lookup_extended(host->tags, repository, NULL, &known))
		return known;
	GPtrArray *tags = registry_tags(registry, repository);
	g_hash_table_insert(host->tags, g_strdup(repository), tags);
	return tags;
}

static void ask_one(Host *host, Registry *registry, Ask *ask)
{
	const GPtrArray *tags = NULL;
	ask->says = registry_find(registry, ask->repository, ask->reference);
	if (ask->says == REGISTRY_HAS && host->platforms)
		ask->platforms = registry_platforms(registry, ask->repository, ask->reference);
	if (ask->tag && (ask->says == REGISTRY_HAS || ask->says == REGISTRY_LACKS_TAG))
		tags = tags_of(host, registry, ask->repository);
	if (tags && ask->says == REGISTRY_HAS)
		ask->newer = newer_tag(ask->tag, tags);
	else if (tags)
		ask->near = near_tag(ask->tag, tags);
}

static gpointer ask_host(gpointer data)
{
	Host *host = data;
	g_autoptr(Registry) registry = registry_new(host->name);
	for (guint i = 0; i < host->asks->len; i++) {
		Ask *ask = host->asks->pdata[i];
		if (registry_silence(registry)) {
			ask->says = REGISTRY_SAYS_NOTHING;
			host->unasked++;
		} else {
			ask_one(host, registry, ask);
		}
	}
	host->silence = g_strdup(registry_silence(registry));
	return NULL;
}

/* ---- which images ------------------------------------------------------------------------------------------------ */

static Host *host_of(GPtrArray *hosts, const char *name, bool platforms)
{
	for (guint i = 0; i < hosts->len; i++)
		if (strcmp(((Host *)hosts->pdata[i])->name, name) == 0)
			return hosts->pdata[i];
	if (hosts->len == MOST_REGISTRIES)
		return NULL;
	Host *host = g_new0(Host, 1);
	host->name = g_strdup(name);
	host->platforms = platforms;
	host->asks = g_ptr_array_new_with_free_func(ask_free);
	host->tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_list);
	g_ptr_array_add(hosts, host);
	return host;
}

/* ghcr.io/owner/name has a host; nginx and owner/name are of Docker Hub, where one word is below library/. */
static void split_name(Slice name, char **ret_host, char **ret_repository)
{
	size_t slash = slice_find_byte(name, '/', 0);
	Slice first = slash == SIZE_MAX ? (Slice){"", 0} : slice_sub(name, 0, slash);
	bool host = slice_find_byte(first, '.', 0) != SIZE_MAX || slice_find_byte(first, ':', 0) != SIZE_MAX ||
	            slice_is(first, "localhost");
	Slice repository = host ? slice_sub(name, slash + 1, name.length) : name;
	bool library = !host && slash == SIZE_MAX;
	*ret_host = host ? slice_dup(first) : g_strdup("docker.io");
	*ret_repository = g_strdup_printf("%s%.*s", library ? "library/" : "", SLICE_ARGS(repository));
}

char *registry_near_tag(const char *image)
{
	const char *slash = strrchr(image, '/'), *colon = strrchr(slash ? slash : image, ':');
	g_autofree char *host = NULL, *repository = NULL;
	if (!colon || strchr(image, '@'))
		return NULL;
	split_name((Slice){image, (size_t)(colon - image)}, &host, &repository);
	g_autoptr(Registry) registry = registry_new(host);
	g_autoptr(GPtrArray) tags = registry_tags(registry, repository);
	return tags ? near_tag(colon + 1, tags) : NULL;
}

static Ask *ask_for(Host *host, const char *repository, const ImageUse *use)
{
	g_autofree char *tag = slice_dup(use->tag.length ? use->tag : SLICE("latest"));
	g_autofree char *reference = use->digest.length ? slice_dup(use->digest) : g_strdup(tag);
	for (guint i = 0; i < host->asks->len; i++) {
		Ask *ask = host->asks->pdata[i];
		if (strcmp(ask->repository, repository) == 0 && strcmp(ask->reference, reference) == 0)
			return ask;
	}
	Ask *ask = g_new0(Ask, 1);
	ask->repository = g_strdup(repository);
	ask->reference = g_steal_pointer(&reference);
	ask->tag = use->digest.length && !use->tag.length ? NULL : g_steal_pointer(&tag);
	ask->rows = g_ptr_array_new();
	g_ptr_array_add(host->asks, ask);
	return ask;
}

/* Images that are built here, or get their tag elsewhere, are in no registry yet. */
static void collect(const Graph *graph, GPtrArray *hosts, bool platforms)
{
	g_auto(Images) images = {0};
	uint32_t left = MOST_IMAGES;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++) {
		const Image *image = images.at->pdata[i];
		g_autofree char *name = NULL, *repository = NULL;
		if (image->built || image_is_local(image->name) || image_is_set_by_kustomization(graph, image->name))
			continue;
		split_name(image->name, &name, &repository);
		Host *host = host_of(hosts, name, platforms);
		for (guint j = 0; host && left && j < image->uses->len; j++, left--) {
			const ImageUse *use = &g_array_index(image->uses, ImageUse, j);
			g_ptr_array_add(ask_for(host, repository, use)->rows, (gpointer)use->row);
		}
	}
}

/* ---- rows -----------------------------------------------------------------------------------------------------------
 */

static void derive_text(Graph *graph, const Ask *ask, FactKind kind, const char *text)
{
	for (guint i = 0; text && i < ask->rows->len; i++) {
		const Row *row = ask->rows->pdata[i];
		graph_derive(graph, row->subject, kind, graph_intern(graph, slice_from(text)), graph_span(graph, row));
	}
}

static void derive_ask(Graph *graph, const Ask *ask)
{
	if (ask->says == REGISTRY_LACKS_TAG)
		derive_text(graph, ask, FACT_IMAGE_ABSENT, "tag");
	else if (ask->says == REGISTRY_LACKS_NAME)
		derive_text(graph, ask, FACT_IMAGE_ABSENT, "repository");
	derive_text(graph, ask, FACT_IMAGE_NEAR, ask->near);
	derive_text(graph, ask, FACT_NEWER_TAG, ask->newer);
	for (guint i = 0; ask->platforms && i < ask->platforms->len; i++)
		derive_text(graph, ask, FACT_IMAGE_PLATFORM, ask->platforms->pdata[i]);
}

/* What kind of machine the images run on is asked only where that is known. */
static bool knows_architecture(const Graph *graph)
{
	Rows rows = graph_rows(graph, FACT_ARCHITECTURE), live = graph_rows(graph, FACT_CLUSTER_MACHINE);
	return rows.at != rows.end || live.at != live.end;
}

void scan_online(Scan *scan, GString *notes)
{
	Graph *graph = scan->graph;
	g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func(host_free);
	collect(graph, hosts, knows_architecture(graph));
	for (guint i = 0; i < hosts->len; i++) {
		Host *host = hosts->pdata[i];
		host->thread = g_thread_new("registry", ask_host, host);
	}
	for (guint i = 0; i < hosts->len; i++) {
		Host *host = hosts->pdata[i];
		g_thread_join(host->thread);
		for (guint j = 0; j < host->asks->len; j++)
			derive_ask(graph, host->asks->pdata[j]);
		if (host->silence)
			g_string_append_printf(notes, "note: %s: %s; images not asked about: %u\n", host->name,
			        host->silence, host->unasked);
	}
	graph_finish(graph);
}
