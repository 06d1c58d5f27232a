/* URLs that lead back into this repository: github.com/OWNER/NAME/blob/BRANCH/PATH and raw.githubusercontent.com.
 *
 * Which repository this one is no file says for sure, and a clone may be called anything: it is the one whose URLs
 * mostly lead to paths that are here, several of them. Only URLs of that one, on the branch that most of them name, are
 * judged; what names a commit or a version shows an older state on purpose. */
#include "rule/urls.h"

#include "base/path.h"
#include "rule/gone.h"
#include "rule/rule.h"
#include "rule/search.h"

/* Different paths that are here, before a repository is taken for this one. */
#define LEAST_FOUND 3

#define MOST_SEARCHED ((size_t)1024 * 1024)
#define MOST_URLS 5000

typedef struct Url {
	Slice repository, branch, path; /* of the file's bytes */
	Span span;                      /* of the path */
	bool found;
} Url;

typedef struct Urls {
	const Graph *graph;
	GArray *at;           /* Url, in the order of files */
	GHashTable *paths;    /* "OWNER/NAME" → GHashTable of paths that are here */
	GHashTable *missing;  /* "OWNER/NAME" → GHashTable of those that are not */
	GHashTable *branches; /* "OWNER/NAME branch" → how many found URLs name it */
} Urls;

/* ---- reading ------------------------------------------------------------------------------------------------- */

static bool is_url_byte(char c)
{
	return g_ascii_isalnum(c) || strchr("-._~/%+@=&", c);
}

static Slice take_part(Slice *rest)
{
	size_t slash = MIN(slice_find_byte(*rest, '/', 0), rest->length);
	Slice part = slice_sub(*rest, 0, slash);
	*rest = slice_sub(*rest, MIN(slash + 1, rest->length), rest->length);
	return part;
}

/* All up to the first byte that no URL has; a sentence's full stop and a final slash go. */
static Slice url_at(Slice bytes, size_t at)
{
	size_t end = at;
	while (end < bytes.length && bytes.at[end] && is_url_byte(bytes.at[end]))
		end++;
	while (end > at && strchr("./", bytes.at[end - 1]))
		end--;
	return slice_sub(bytes, at, end);
}

/* OWNER/NAME/blob/BRANCH/PATH, or OWNER/NAME/BRANCH/PATH of the raw host. */
static bool parse_url(Slice text, bool raw, Url *ret_url)
{
	Slice rest = text, owner = take_part(&rest), name = take_part(&rest);
	Slice kind = raw ? SLICE("raw") : take_part(&rest);
	if (raw && slice_starts(rest, "refs/heads/"))
		rest = slice_sub(rest, strlen("refs/heads/"), rest.length);
	*ret_url = (Url){.repository = slice_sub(text, 0, owner.length + 1 + name.length),
	        .branch = take_part(&rest),
	        .path = rest};
	return owner.length && name.length && ret_url->branch.length && rest.length &&
	       (slice_is(kind, "blob") || slice_is(kind, "tree") || slice_is(kind, "raw"));
}

/* A commit or a version, and not a branch. */
static bool is_fixed(Slice branch)
{
	bool hexadecimal = branch.length >= 7;
	for (size_t i = 0; i < branch.length; i++)
		hexadecimal = hexadecimal && g_ascii_isxdigit(branch.at[i]);
	size_t digit = branch.at[0] == 'v';
	return hexadecimal || (digit < branch.length && g_ascii_isdigit(branch.at[digit]));
}

static GHashTable *get_set(GHashTable *sets, Slice name)
{
	g_autofree char *key = slice_dup(name);
	GHashTable *set = g_hash_table_lookup(sets, key);
	if (!set) {
		set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_insert(sets, g_steal_pointer(&key), set);
	}
	return set;
}

static char *branch_key(const Url *url)
{
	return g_strdup_printf("%.*s %.*s", SLICE_ARGS(url->repository), SLICE_ARGS(url->branch));
}

static void add_url(Urls *urls, uint32_t file, Slice bytes, Url url)
{
	uint32_t start = (uint32_t)(url.path.at - bytes.at);
	size_t after = start + url.path.length;
	while (after < bytes.length && bytes.at[after] && strchr("./", bytes.at[after]))
		after++;
	bool open = after < bytes.length && bytes.at[after] && strchr("{<$*", bytes.at[after]);
	if (urls->at->len >= MOST_URLS || is_fixed(url.branch) || open || !is_literal_path(url.path) ||
	        slice_find_byte(url.path, '%', 0) != SIZE_MAX)
		return;
	url.span = (Span){file, start, start + (uint32_t)url.path.length};
	url.found = path_exists(urls->graph, url.path);
	g_hash_table_add(get_set(url.found ? urls->paths : urls->missing, url.repository), slice_dup(url.path));
	if (url.found) {
		char *key = branch_key(&url);
		uint32_t count = GPOINTER_TO_UINT(g_hash_table_lookup(urls->branches, key));
		g_hash_table_insert(urls->branches, key, GUINT_TO_POINTER(count + 1));
	}
	g_array_append_val(urls->at, url);
}

static void read_file(Urls *urls, uint32_t file)
{
	static const struct {
		const char *mark;
		bool raw;
	} hosts[] = {{"github.com/", false}, {"raw.githubusercontent.com/", true}};
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		size_t length = strlen(hosts[i].mark);
		if (!file_has(urls->graph, file, hosts[i].mark))
			continue;
		Slice bytes = graph_file_bytes(urls->graph, file);
		for (size_t at = 0; (at = slice_find(bytes, hosts[i].mark, at)) != SIZE_MAX; at += length) {
			Url url;
			if (parse_url(url_at(bytes, at + length), hosts[i].raw, &url))
				add_url(urls, file, bytes, url);
		}
	}
}

/* ---- which repository this one is ------------------------------------------------------------------------------- */

static bool is_ours(const Urls *urls, const Url *url)
{
	GHashTable *found = get_set(urls->paths, url->repository), *missing = get_set(urls->missing, url->repository);
	return g_hash_table_size(found) >= LEAST_FOUND && g_hash_table_size(found) >= g_hash_table_size(missing);
}

static bool is_usual_branch(const Urls *urls, const Url *url)
{
	g_autofree char *own = branch_key(url), *all = g_strdup_printf("%.*s ", SLICE_ARGS(url->repository));
	uint32_t count = GPOINTER_TO_UINT(g_hash_table_lookup(urls->branches, own));
	GHashTableIter iter;
	gpointer key, other;
	g_hash_table_iter_init(&iter, urls->branches);
	while (g_hash_table_iter_next(&iter, &key, &other))
		if (g_str_has_prefix(key, all) && GPOINTER_TO_UINT(other) > count)
			return false;
	return count > 0;
}

GArray *own_urls(const Graph *graph)
{
	GArray *own = g_array_new(FALSE, FALSE, sizeof(OwnUrl));
	g_autoptr(GArray) at = g_array_new(FALSE, FALSE, sizeof(Url));
	g_autoptr(GHashTable) paths =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
	g_autoptr(GHashTable) missing =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
	g_autoptr(GHashTable) branches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Urls urls = {.graph = graph, .at = at, .paths = paths, .missing = missing, .branches = branches};
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (graph_file_size(graph, file) <= MOST_SEARCHED && !is_quiet(graph, graph_file_node(graph, file)))
			read_file(&urls, file);
	for (guint i = 0; i < at->len; i++) {
		const Url *url = &g_array_index(at, Url, i);
		OwnUrl one = {url->span, url->path, url->found};
		if (is_ours(&urls, url) && is_usual_branch(&urls, url))
			g_array_append_val(own, one);
	}
	return own;
}

static void check_doc_dead_url(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) own = own_urls(graph);
	g_autoptr(Gone) gone = gone_new(checker, "a URL into this repository names");
	for (guint i = 0; i < own->len; i++) {
		const OwnUrl *url = &g_array_index(own, OwnUrl, i);
		if (!url->found)
			gone_add(gone, LEVEL_WARNING, graph_file_node(graph, url->span.file), url->span, url->path);
	}
	gone_report(gone);
}

static const Rule rules[] = {
        {
                .id = "doc-dead-url",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a URL leads to a path of this repository that is gone",
                .why = "Whoever follows the link gets a 404, and a script that fetches the file gets the page that "
                       "says so.",
                .remedy = "Write the path where the file is now. What shall stay as it was names a commit instead of a "
                          "branch.",
                .peers = "lychee; markdown-link-check",
                .check = check_doc_dead_url,
        },
};

const RuleSet rules_urls = {"urls", rules, G_N_ELEMENTS(rules)};
