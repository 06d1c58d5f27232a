/* What up, down, status and their kin share: which repository, which project, what is said of a container. */
#include "command/command.h"

#include "base/error.h"

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
