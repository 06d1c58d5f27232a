/* What up, down, status and their kin share: which repository, which project, what is said of a container. */
#include "command/command.h"

#include "base/error.h"
#include "report/report.h"

void homelab_arguments_clear(HomelabArguments *arguments)
{
	g_free(arguments->project);
	g_free(arguments->secrets);
	g_free(arguments->listen);
	g_free(arguments->proxy_image);
	g_free(arguments->context);
	g_free(arguments->kubeconfig);
	g_strfreev(arguments->names);
	g_strfreev(arguments->profiles);
}

bool homelab_arguments_parse(HomelabArguments *arguments, ScanArguments *scan, const GOptionEntry *entries,
        const Command *command, int *argc, char ***argv, GError **error)
{
	const GOptionEntry shared[] = {
	        {"context", 0, 0, G_OPTION_ARG_STRING, &arguments->context,
	                "The Kubernetes cluster of this context; else what labwright.yaml names", "NAME"},
	        {"kubeconfig", 0, 0, G_OPTION_ARG_FILENAME, &arguments->kubeconfig,
	                "Where contexts are; else KUBECONFIG, or ~/.kube/config", "FILE"},
	        {"local", 0, 0, G_OPTION_ARG_NONE, &arguments->local,
	                "Docker or Podman on this machine, whatever labwright.yaml names", NULL},
	        {"only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->names,
	                "Only this workload or pod; may be repeated", "NAME"},
	        {"project", 0, 0, G_OPTION_ARG_STRING, &arguments->project,
	                "What the containers are labelled with; else the repository's name", "NAME"},
	        {"secrets", 0, 0, G_OPTION_ARG_FILENAME, &arguments->secrets, "Secrets that are not in Git, as YAML",
	                "FILE"},
	        {"listen", 0, 0, G_OPTION_ARG_STRING, &arguments->listen, "Address for published ports; else 127.0.0.1",
	                "ADDRESS"},
	        {"proxy-image", 0, 0, G_OPTION_ARG_STRING, &arguments->proxy_image,
	                "HAProxy for Services that need one", "IMAGE"},
	        {"profile", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->profiles,
	                "Compose profile to run, too; may be repeated", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GArray) all = command_join_entries(entries, shared);
	return scan_arguments_parse(scan, (const GOptionEntry *)(const void *)all->data, command, argc, argv, error);
}

static bool is_name(const char *word)
{
	static const char *const ends[] = {".yaml", ".yml", ".json"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(word, ends[i]))
			return false;
	return *word && *word != '.' && *word != '/' && !g_file_test(word, G_FILE_TEST_EXISTS);
}

void homelab_arguments_take_names(HomelabArguments *arguments, ScanArguments *scan, char **words)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	char **to = words;
	if (arguments->names)
		g_strv_builder_addv(names, (const char **)arguments->names);
	for (char **word = words; *word; word++)
		if (!scan->revision && is_name(*word))
			g_strv_builder_add(names, *word);
		else
			*to++ = *word;
	*to = NULL;
	scan->path = *words ? *words : scan->root ? scan->root : ".";
	g_strfreev(arguments->names);
	arguments->names = g_strv_builder_end(names);
	if (!*arguments->names)
		g_clear_pointer(&arguments->names, g_strfreev);
}

bool live_has_names(const Live *live, const char *const *names, GError **error)
{
	for (; names && *names; names++) {
		const char *const one[] = {*names, NULL};
		bool found = false;
		for (guint i = 0; i < live->containers->len && !found; i++)
			found = container_is_meant(live->containers->pdata[i], one);
		if (found)
			continue;
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "nothing that runs is called '%s'", *names);
		error_add_help(error, "labwright status lists the names");
		return false;
	}
	return true;
}

HomelabOptions homelab_arguments_options(const HomelabArguments *arguments, char **paths)
{
	return (HomelabOptions){(const char *const *)paths, arguments->secrets, arguments->project, arguments->listen,
	        arguments->proxy_image, (const char *const *)arguments->profiles};
}

Homelab *homelab_arguments_read(
        const HomelabArguments *arguments, const ScanArguments *scan_arguments, Scan **ret_scan, GError **error)
{
	g_auto(GStrv) paths = NULL;
	*ret_scan = scan_arguments_read(scan_arguments, error);
	if (!*ret_scan || !scan_arguments_below(scan_arguments, *ret_scan, &paths, error))
		return NULL;
	HomelabOptions options = homelab_arguments_options(arguments, paths);
	return homelab_new(*ret_scan, &options, error);
}

char *homelab_arguments_project(const HomelabArguments *arguments, const ScanArguments *scan, GError **error)
{
	if (arguments->project)
		return homelab_project("", arguments->project);
	g_autoptr(Repo) repo = repo_open(scan->path, REPO_INDEX, NULL, error);
	return repo ? homelab_project(repo_root(repo), NULL) : NULL;
}

bool homelab_arguments_cluster(
        const HomelabArguments *arguments, const ScanArguments *scan, Cluster **ret_cluster, GError **error)
{
	ScanOptions where = scan_arguments_options(scan);
	TargetOptions options = {arguments->context, arguments->kubeconfig, arguments->local};
	return target_open(&where, &options, ret_cluster, error);
}

bool homelab_arguments_ground(
        const HomelabArguments *arguments, const ScanArguments *scan, Ground *ret_ground, GError **error)
{
	ScanOptions where = scan_arguments_options(scan);
	*ret_ground = (Ground){.project = homelab_arguments_project(arguments, scan, error)};
	bool good = ret_ground->project && homelab_arguments_cluster(arguments, scan, &ret_ground->cluster, error);
	if (good && !ret_ground->cluster)
		good = (ret_ground->engine = target_engine(&where, error)) != NULL;
	if (!good) {
		ground_clear(ret_ground);
		*ret_ground = (Ground){0};
	}
	return good;
}

const Live *ground_look(Ground *ground, GError **error)
{
	SurveyOptions options = {.quick = true};
	if (!ground->cluster)
		return ground->containers = live_new(ground->engine, ground->project, error);
	ground->survey = survey_new(ground->cluster, &options, error);
	return ground->survey ? ground->survey->live : NULL;
}

void ground_clear(Ground *ground)
{
	g_clear_pointer(&ground->survey, survey_free);
	g_clear_pointer(&ground->containers, live_free);
	g_clear_pointer(&ground->engine, engine_free);
	g_clear_pointer(&ground->cluster, cluster_free);
	g_clear_pointer(&ground->project, g_free);
}

/* ---- words for people -------------------------------------------------------------------------------------- */

void cause_append(GString *out, const Cause *cause)
{
	g_string_append_printf(out, "%s\n%s", cause->title, cause->steps->len ? "\n" : "");
	for (guint i = 0; i < cause->steps->len; i++) {
		const CauseStep *step = cause->steps->pdata[i];
		g_autoptr(GString) safe = g_string_new(NULL);
		report_append(safe, step->text, g_get_charset(NULL));
		g_string_append_printf(out, "%3u  %s\n", i + 1, safe->str);
		if (step->place)
			g_string_append_printf(out, "     %s\n", step->place);
	}
	if (cause->mend)
		g_string_append_printf(out, "\nto mend it: %s\n", cause->mend);
	else if (!cause->known && cause->steps->len)
		g_string_append(out, "\nnext: labwright logs and labwright check may say more\n");
}

char *live_title(const LiveContainer *container)
{
	const char *name = container->pod ? container->pod : container->name;
	return g_strdup_printf("%s%s%s", container->namespace ? container->namespace : "",
	        container->namespace ? "/" : "", container->role == UNIT_PROXY ? container->workload : name);
}

char *live_state_text(const LiveContainer *container)
{
	if (container->word && strcmp(container->word, "CrashLoopBackOff") != 0)
		return g_strdup(container->word);
	if (container->state == LIVE_EXITED && container->once && container->exit_code == 0)
		return g_strdup("done");
	if (container->state == LIVE_EXITED || container->state == LIVE_RESTARTING)
		return g_strdup_printf("%s %d%s", live_state_word(container->state), container->exit_code,
		        container->killed_for_memory ? " (memory)" : "");
	if (container->state == LIVE_RUNNING)
		return g_strdup(container->ready == READY_YES  ? "ready"
		                : container->ready == READY_NO ? "not ready"
		                                               : "running");
	return g_strdup(live_state_word(container->state));
}
