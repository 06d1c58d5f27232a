/* Charts from elsewhere: `helm pull`, only where the user said --online beside --render.
 *
 * What a repository names decides where helm connects to, so only https:, http: and oci: are passed on, each as one
 * word that cannot be an option. Helm knows no password, plugin or setting of its owner: what is not public stays
 * unknown. An archive is kept by its source: one of an exact version for good, since nobody may publish another under
 * it, one of a range for a day. */
#include "flow/fetch.h"

#include "flow/homelab.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_ARCHIVE ((off_t)16 * 1024 * 1024)
#define MOST_ARCHIVES ((off_t)256 * 1024 * 1024) /* of all in the cache */
#define RANGE_SECONDS ((gint64)24 * 60 * 60)

struct Fetcher {
	Asked *asked;
	const char *helm;
	char *folder, *work;  /* archives that are kept; what helm writes in this run */
	GHashTable *troubles; /* repository → why it said nothing: it is asked once */
	GHashTable *added;    /* repositories whose list of charts helm has */
	uint32_t count;
	bool allowed;
};

Fetcher *fetcher_new(Asked *asked, const char *helm, bool allowed)
{
	Fetcher *fetcher = g_new0(Fetcher, 1);
	*fetcher = (Fetcher){.asked = asked,
	        .helm = helm,
	        .allowed = allowed,
	        .troubles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        .added = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .work = g_build_filename(asked->folder, "fetched", NULL)};
	fetcher->folder = asked->scan->no_cache ? g_build_filename(asked->folder, "archives", NULL)
	                                        : asked_open_kept("charts", MOST_ARCHIVES);
	g_mkdir_with_parents(fetcher->folder, 0700);
	return fetcher;
}

void fetcher_free(Fetcher *fetcher)
{
	if (!fetcher)
		return;
	g_hash_table_unref(fetcher->troubles);
	g_hash_table_unref(fetcher->added);
	g_free(fetcher->folder);
	g_free(fetcher->work);
	g_free(fetcher);
}

void fetcher_tell(const Fetcher *fetcher, GString *notes)
{
	if (fetcher->count)
		g_string_append_printf(notes, "note: helm fetched %u charts\n", fetcher->count);
}

/* ---- what is kept --------------------------------------------------------------------------------------- */

/* 1.2.3, v1.2.3-rc.1+build: nothing that could mean more than one. */
static bool is_exact(const char *version)
{
	uint32_t dots = 0;
	if (!version)
		return false;
	version += *version == 'v';
	for (; g_ascii_isdigit(*version) || (*version == '.' && dots < 2); version++)
		dots += *version == '.';
	return dots == 2 &&
	       strspn(version, "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(version);
}

static char *kept_path(const Fetcher *fetcher, const ChartSource *source)
{
	g_autofree char *key =
	        g_strjoin("\n", source->repository, source->name, source->version ? source->version : "", NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
	g_autofree char *file = g_strconcat(sum, ".tgz", NULL);
	return g_build_filename(fetcher->folder, file, NULL);
}

static bool is_kept(const Fetcher *fetcher, const ChartSource *source, const char *path)
{
	struct stat state;
	return lstat(path, &state) == 0 && S_ISREG(state.st_mode) &&
	       (!fetcher->allowed || is_exact(source->version) ||
	               g_get_real_time() / G_USEC_PER_SEC - state.st_mtim.tv_sec < RANGE_SECONDS);
}

/* The one archive that helm has left. */
static bool keep_archive(const Fetcher *fetcher, const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(fetcher->work, 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *from = g_build_filename(fetcher->work, name, NULL), *bytes = NULL;
		struct stat state;
		gsize length;
		if (g_str_has_suffix(name, ".tgz"))
			return lstat(from, &state) == 0 && S_ISREG(state.st_mode) && state.st_size <= MOST_ARCHIVE &&
			       g_file_get_contents(from, &bytes, &length, NULL) &&
			       g_file_set_contents_full(
			               path, bytes, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	}
	return false;
}

/* ---- helm ----------------------------------------------------------------------------------------------- */

static bool is_chart_place(const char *text)
{
	const char *host = strstr(text, "://");
	if (!host || !(g_str_has_prefix(text, "https:") || g_str_has_prefix(text, "http:") ||
	                     g_str_has_prefix(text, "oci:")))
		return false;
	for (; *text; text++)
		if (!g_ascii_isgraph(*text) || *text == '@')
			return false;
	return g_ascii_isalnum(host[3]) || host[3] == '[';
}

static bool is_chart_name(const char *text)
{
	return !*text || (g_ascii_isalnum(*text) && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                                                         "0123456789-_.") == strlen(text));
}

static char *failure_of(const char *words)
{
	const char *error = words ? strstr(words, "Error: ") : NULL;
	const char *line = error ? error + strlen("Error: ") : words && *words ? words : "helm took too long";
	return g_strndup(line, strcspn(line, "\n"));
}

/* Gets the list of charts of a repository once in a run. The name that helm knows it by; NULL with the reason. */
static char *add_repository(Fetcher *fetcher, const char *address, char **options, char **ret_why)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, address, -1);
	g_autofree char *words = NULL;
	char *argv[] = {(char *)fetcher->helm, "repo", "add", sum, (char *)address, options[0], options[1], NULL};
	if (!g_hash_table_contains(fetcher->added, address)) {
		if (!asked_fetch(fetcher->asked, argv, &words)) {
			*ret_why = failure_of(words);
			g_hash_table_insert(fetcher->troubles, g_strdup(address), g_strdup(*ret_why));
			return NULL;
		}
		g_hash_table_add(fetcher->added, g_strdup(address));
	}
	return g_steal_pointer(&sum);
}

/* What helm calls the chart: a path of a registry, or a name in a repository. */
static char *chart_word(Fetcher *fetcher, const ChartSource *source, char **options, char **ret_why)
{
	if (g_str_has_prefix(source->repository, "oci:"))
		return g_strconcat(source->repository,
		        *source->name && !g_str_has_suffix(source->repository, "/") ? "/" : "", source->name, NULL);
	g_autofree char *repository = add_repository(fetcher, source->repository, options, ret_why);
	return repository ? g_strconcat(repository, "/", source->name, NULL) : NULL;
}

static bool pull(Fetcher *fetcher, const ChartSource *source, const char *path, char **ret_why)
{
	g_autofree char *lists = g_strdup_printf("--repository-cache=%s/lists", fetcher->asked->folder);
	g_autofree char *settings = g_strdup_printf("--repository-config=%s/repositories.yaml", fetcher->asked->folder);
	char *options[] = {lists, settings};
	g_autofree char *chart = chart_word(fetcher, source, options, ret_why);
	g_autofree char *target = g_strdup_printf("--destination=%s", fetcher->work);
	g_autofree char *version = g_strdup_printf("--version=%s", source->version ? source->version : "");
	g_autofree char *words = NULL;
	if (!chart)
		return false;
	char *argv[] = {(char *)fetcher->helm, "pull", chart, target, version, lists, settings,
	        source->plain ? "--plain-http" : NULL, NULL};
	remove_tree(fetcher->work);
	g_mkdir_with_parents(fetcher->work, 0700);
	if (!asked_fetch(fetcher->asked, argv, &words))
		*ret_why = failure_of(words);
	else if (!keep_archive(fetcher, path))
		*ret_why = g_strdup("its archive is too large, or could not be kept");
	return *ret_why == NULL;
}

char *fetch_chart(Fetcher *fetcher, const ChartSource *source, char **ret_why)
{
	*ret_why = NULL;
	if (!source->repository || !is_chart_place(source->repository) || !is_chart_name(source->name) ||
	        (!*source->name && !g_str_has_prefix(source->repository, "oci:"))) {
		*ret_why = g_strdup("its chart is neither in the repository nor in helm's cache");
		return NULL;
	}
	g_autofree char *path = kept_path(fetcher, source);
	const char *trouble = g_hash_table_lookup(fetcher->troubles, source->repository);
	if (is_kept(fetcher, source, path))
		return g_steal_pointer(&path);
	if (!fetcher->allowed)
		*ret_why = g_strdup(
		        "its chart is neither in the repository nor in helm's cache, and --online is not said");
	else if (!fetcher->helm)
		*ret_why = g_strdup("PATH has no helm that would fetch its chart");
	else if (trouble)
		*ret_why = g_strdup(trouble);
	else if (pull(fetcher, source, path, ret_why) && ++fetcher->count)
		return g_steal_pointer(&path);
	return NULL;
}
