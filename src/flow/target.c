/* The command line goes before labwright.yaml, and without both it is this machine: the current context of a kubeconfig
 * says what was looked at last, not what this repository is for. */
#include "flow/target.h"

#include "base/error.h"
#include "base/ip.h"
#include "source/yaml.h"

#define MOST_BYTES (1 << 20)
#define FILE_NAME "labwright.yaml"

/* The bytes of the owner's file; empty where there is none. */
static Slice read_settings(const Repo *repo, Arena *arena)
{
	const char *problem;
	Slice bytes;
	for (size_t i = 0; i < repo_count(repo); i++)
		if (strcmp(repo_entry(repo, i)->path, FILE_NAME) == 0 &&
		        repo_read(repo, i, MOST_BYTES, arena, &bytes, &problem) == REPO_READ)
			return bytes;
	return (Slice){0};
}

static Repo *open_repo(const ScanOptions *where, GError **error)
{
	return repo_open(where->path ? where->path : ".", where->view, where->revision, error);
}

/* ---- a cluster ----------------------------------------------------------------------------------------- */

static bool read_choice(const ScanOptions *where, ClusterChoice *ret_choice, GError **error)
{
	g_autoptr(Repo) repo = open_repo(where, error);
	g_autoptr(Arena) arena = arena_new();
	return repo && cluster_choice_read(read_settings(repo, arena), ret_choice, error);
}

bool target_open(const ScanOptions *where, const TargetOptions *options, Cluster **ret_cluster, GError **error)
{
	g_auto(ClusterChoice) choice = {0};
	*ret_cluster = NULL;
	if (options->local && options->context) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--local and --context mean different places: which of them?");
		return false;
	}
	if (options->local)
		return true;
	g_autoptr(GError) failure = NULL;
	if (!read_choice(where, &choice, &failure) && !options->context) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	const char *context = options->context ? options->context : choice.context;
	if (!context)
		return true;
	if (g_strcmp0(context, choice.context) != 0)
		g_clear_pointer(&choice.id, g_free); /* another one is meant this time */
	g_autoptr(Cluster) cluster = cluster_open(options->kubeconfig, context, error);
	if (!cluster || !cluster_is_chosen(cluster, &choice, error))
		return false;
	*ret_cluster = g_steal_pointer(&cluster);
	return true;
}

bool target_open_cluster(const ScanOptions *where, const TargetOptions *options, const char *option,
        Cluster **ret_cluster, GError **error)
{
	if (!target_open(where, options, ret_cluster, error))
		return false;
	if (*ret_cluster)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s needs a cluster, and none is named", option);
	error_add_help(error, "--context NAME, or cluster: {context: NAME} in labwright.yaml");
	return false;
}

/* ---- this machine's engine ------------------------------------------------------------------------------- */

static bool refuse(const char *key, Slice value, const char *wanted, GError **error)
{
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, FILE_NAME ": engine.%s cannot be '%.*s'", key,
	        SLICE_ARGS(value));
	error_add_help(error, "%s; labwright check --rule config-invalid names the line", wanted);
	return false;
}

static char *word_at(const YamlNode *map, const char *key)
{
	Slice text = yaml_text_of(map, key);
	return text.length ? slice_dup(text) : NULL;
}

static bool read_engine(const YamlNode *map, EngineChoice *choice, GError **error)
{
	static const char *const policies[] = {"missing", "always", "never"};
	Slice pull = yaml_text_of(map, "pull"), parallel = yaml_text_of(map, "parallel");
	bool known = pull.length == 0;
	Ip ip;
	choice->host = word_at(map, "host");
	choice->context = word_at(map, "context");
	choice->listen = word_at(map, "listen");
	choice->proxy_image = word_at(map, "proxy-image");
	for (size_t i = 0; i < G_N_ELEMENTS(policies) && !known; i++)
		if ((known = slice_is(pull, policies[i])))
			choice->pull = (PullPolicy)i;
	if (!known)
		return refuse("pull", pull, "missing, always or never", error);
	if (choice->listen && !ip_parse(slice_from(choice->listen), &ip))
		return refuse("listen", slice_from(choice->listen), "an address of this machine", error);
	if (parallel.length && (!yaml_number(yaml_get(map, "parallel"), &choice->parallel) || !choice->parallel ||
	                               choice->parallel > 64))
		return refuse("parallel", parallel, "a number from 1 to 64", error);
	return true;
}

bool engine_choice_of(const Repo *repo, EngineChoice *ret_choice, GError **error)
{
	g_autoptr(Arena) arena = arena_new();
	const YamlDocument *document = yaml_read(read_settings(repo, arena), arena);
	const YamlNode *map = document && !document->error ? yaml_get(document->root, "engine") : NULL;
	*ret_choice = (EngineChoice){0};
	return !yaml_is_map(map) || read_engine(map, ret_choice, error);
}

Engine *target_engine(const ScanOptions *where, GError **error)
{
	g_autoptr(Repo) repo = open_repo(where, error);
	g_auto(EngineChoice) choice = {0};
	return repo && engine_choice_of(repo, &choice, error) ? engine_open(&choice, error) : NULL;
}
