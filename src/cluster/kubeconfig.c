/* kubeconfig: which server, whom it trusts, who we are. kubectl's rules hold: of several files the first that names a
 * thing has it, paths are relative to the file that holds them, data goes before a file. Whatever is wrong is said with
 * the line that says it and with what would be right there. */
#include "cluster/inner.h"

#include "base/error.h"
#include "base/near.h"
#include "source/yaml.h"

#include <unistd.h>

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

typedef struct ConfigFile {
	char *path, *text;
	gsize length;
	YamlDocument *document;
} ConfigFile;

typedef struct Config {
	GArray *files; /* ConfigFile */
	Arena *arena;
} Config;

/* A part of one file. */
typedef struct Part {
	const ConfigFile *file;
	YamlNode *node;
} Part;

static void config_clear(Config *config)
{
	for (guint i = 0; i < config->files->len; i++) {
		g_free(g_array_index(config->files, ConfigFile, i).path);
		g_free(g_array_index(config->files, ConfigFile, i).text);
	}
	g_array_unref(config->files);
	arena_free(config->arena);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Config, config_clear)

/* ---- what is wrong --------------------------------------------------------------------------------------- */

static uint32_t line_of(const ConfigFile *file, size_t offset)
{
	uint32_t line = 1;
	for (size_t i = 0; i < offset && i < file->length; i++)
		line += file->text[i] == '\n';
	return line;
}

static void wrong(GError **error, Part part, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void wrong(GError **error, Part part, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s:%u: %s", part.file->path,
	        line_of(part.file, part.node ? part.node->start : 0), text);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

static bool read_file(Config *config, const char *path, bool must, GError **error)
{
	ConfigFile file = {.path = g_strdup(path)};
	g_autoptr(GError) failure = NULL;
	if (!g_file_get_contents(path, &file.text, &file.length, &failure)) {
		g_free(file.path);
		if (!must && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return true;
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot read the kubeconfig %s: %s", path,
		        failure->code == G_FILE_ERROR_NOENT ? "no such file" : failure->message);
		return false;
	}
	file.document = yaml_read((Slice){file.text, file.length}, config->arena);
	g_array_append_val(config->files, file);
	Part part = {&file, file.document ? file.document->root : NULL};
	if (file.document && file.document->error)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s:%u: %s", path,
		        line_of(&file, file.document->error_at), file.document->error);
	else if (part.node && !yaml_is_map(part.node) && !yaml_is_null(part.node))
		wrong(error, part, "a kubeconfig is a map with clusters, users and contexts");
	return !*error;
}

static bool config_read(Config *config, const char *file, GError **error)
{
	*config = (Config){g_array_new(FALSE, TRUE, sizeof(ConfigFile)), arena_new()};
	const char *listed = g_getenv("KUBECONFIG");
	if (file)
		return read_file(config, file, true, error);
	if (!listed || !*listed) {
		g_autofree char *usual = g_build_filename(g_get_home_dir(), ".kube", "config", NULL);
		return read_file(config, usual, false, error);
	}
	g_auto(GStrv) paths = g_strsplit(listed, ":", -1);
	for (char **path = paths; *path; path++)
		if (**path && !read_file(config, *path, paths[1] == NULL, error))
			return false;
	return true;
}

/* The item of a list of {name, WHAT: …} with a name, and its WHAT. */
static bool find_named(const Config *config, const char *list, Slice name, Part *ret_item)
{
	for (guint i = 0; i < config->files->len; i++) {
		const ConfigFile *file = &g_array_index(config->files, ConfigFile, i);
		const YamlNode *root = file->document ? file->document->root : NULL;
		YAML_EACH_ITEM (yaml_get(root, list), item)
			if (slice_equal(yaml_text_of(item, "name"), name)) {
				*ret_item = (Part){file, item};
				return true;
			}
	}
	return false;
}

static GPtrArray *names_of(const Config *config, const char *list)
{
	GPtrArray *names = g_ptr_array_new();
	for (guint i = 0; i < config->files->len; i++) {
		const YamlDocument *document = g_array_index(config->files, ConfigFile, i).document;
		YAML_EACH_ITEM (yaml_get(document ? document->root : NULL, list), item)
			if (yaml_text_of(item, "name").length)
				g_ptr_array_add(names, (void *)yaml_text_of(item, "name").at);
	}
	return names;
}

static char *list_names(const Config *config, const char *list)
{
	g_autoptr(GPtrArray) names = names_of(config, list);
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < names->len && i < 20; i++)
		g_string_append_printf(out, "%s%s", i ? ", " : "", (char *)names->pdata[i]);
	return g_string_free(out, FALSE);
}

char *access_contexts(const char *file)
{
	g_auto(Config) config = {0};
	g_autoptr(GError) error = NULL;
	return config_read(&config, file, &error) ? list_names(&config, "contexts") : g_strdup("");
}

/* ---- values ---------------------------------------------------------------------------------------------- */

/* A key's text; an empty one counts as none, as kubectl has it. */
static bool take_text(Part part, const char *key, char **ret_text, GError **error)
{
	YamlNode *value = yaml_get(part.node, key);
	if (!value || yaml_is_null(value))
		return true;
	if (!yaml_is_scalar(value)) {
		wrong(error, (Part){part.file, value}, "%s wants a text", key);
		return false;
	}
	if (value->value.length)
		*ret_text = slice_dup(value->value);
	return true;
}

static char *path_beside(const ConfigFile *file, Slice path)
{
	g_autofree char *folder = g_path_get_dirname(file->path), *name = slice_dup(path);
	return g_path_is_absolute(name) ? g_steal_pointer(&name) : g_build_filename(folder, name, NULL);
}

static char *decode(Part part, const char *key, GError **error)
{
	Slice text = yaml_text(part.node);
	gsize length = 0;
	g_autoptr(GString) clean = g_string_sized_new(text.length);
	for (size_t i = 0; i < text.length; i++)
		if (!g_ascii_isspace(text.at[i]))
			g_string_append_c(clean, text.at[i]);
	bool fine = clean->len % 4 == 0;
	for (size_t i = 0; i < clean->len; i++)
		fine &= g_ascii_isalnum(clean->str[i]) || strchr("+/=", clean->str[i]);
	g_autofree guchar *bytes = g_base64_decode(clean->str, &length);
	if (fine && length)
		return g_strndup((char *)bytes, length);
	wrong(error, part, "%s is no base64", key);
	error_add_help(error, "write the PEM file's bytes through base64 -w0, or name the file with %.*s",
	        (int)(strlen(key) - strlen("-data")), key);
	return NULL;
}

/* PEM by KEY-data or by the file of KEY. */
static bool take_pem(Part part, const char *key, char **ret_pem, GError **error)
{
	g_autofree char *data_key = g_strconcat(key, "-data", NULL), *path = NULL;
	Part data = {part.file, yaml_get(part.node, data_key)}, name = {part.file, yaml_get(part.node, key)};
	g_autoptr(GError) failure = NULL;
	if (yaml_text(data.node).length) {
		if (!(*ret_pem = decode(data, data_key, error)))
			return false;
		name = data;
	} else if (yaml_text(name.node).length) {
		path = path_beside(part.file, yaml_text(name.node));
		if (!g_file_get_contents(path, ret_pem, NULL, &failure)) {
			wrong(error, name, "%s: cannot read %s: %s", key, path,
			        failure->code == G_FILE_ERROR_NOENT ? "no such file" : failure->message);
			return false;
		}
	}
	if (!*ret_pem || strstr(*ret_pem, "-----BEGIN "))
		return true;
	wrong(error, name, "%s is no PEM: there is no line -----BEGIN", path ? path : data_key);
	return false;
}

/* ---- cluster --------------------------------------------------------------------------------------------- */

static bool is_address(const char *text, const char *const *schemes)
{
	g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	return uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && g_strv_contains(schemes, g_uri_get_scheme(uri));
}

static bool read_server(Access *access, Part cluster, Slice name, GError **error)
{
	static const char *const schemes[] = {"https", "http", NULL};
	if (!take_text(cluster, "server", &access->server, error))
		return false;
	if (!access->server) {
		wrong(error, cluster, "cluster '%s' has no server", name.at);
		error_add_help(error, "server: https://ADDRESS:6443");
		return false;
	}
	if (!is_address(access->server, schemes)) {
		wrong(error, (Part){cluster.file, yaml_get(cluster.node, "server")}, "'%s' is no address of a server",
		        access->server);
		error_add_help(error, "server: https://ADDRESS:6443");
		return false;
	}
	while (g_str_has_suffix(access->server, "/"))
		access->server[strlen(access->server) - 1] = '\0';
	return true;
}

static bool read_cluster(Access *access, Part cluster, Slice name, GError **error)
{
	static const char *const proxies[] = {"http", "https", "socks5", NULL};
	YamlNode *insecure = yaml_get(cluster.node, "insecure-skip-tls-verify");
	if (!read_server(access, cluster, name, error) ||
	        !take_pem(cluster, "certificate-authority", &access->authorities, error) ||
	        !take_text(cluster, "tls-server-name", &access->server_name, error) ||
	        !take_text(cluster, "proxy-url", &access->proxy, error))
		return false;
	if (access->proxy && !is_address(access->proxy, proxies)) {
		wrong(error, (Part){cluster.file, yaml_get(cluster.node, "proxy-url")}, "'%s' is no address of a proxy",
		        access->proxy);
		error_add_help(error, "proxy-url: http://ADDRESS:PORT or socks5://ADDRESS:PORT");
		return false;
	}
	if (insecure && !yaml_is_null(insecure) && !yaml_is_bool(insecure, &access->insecure)) {
		wrong(error, (Part){cluster.file, insecure}, "insecure-skip-tls-verify is true or false");
		return false;
	}
	if (access->insecure && access->authorities) {
		wrong(error, (Part){cluster.file, insecure},
		        "cluster '%s' names an authority and says that its certificates are not looked at", name.at);
		error_add_help(error, "take insecure-skip-tls-verify away");
		return false;
	}
	return true;
}

/* ---- user ------------------------------------------------------------------------------------------------ */

static bool read_certificate(Access *access, Part user, Slice name, GError **error)
{
	g_autofree char *certificate = NULL, *key = NULL;
	if (!take_pem(user, "client-certificate", &certificate, error) || !take_pem(user, "client-key", &key, error))
		return false;
	if (!certificate && !key)
		return true;
	if (!certificate || !key) {
		wrong(error, user, "user '%s' has a %s without its %s", name.at,
		        key ? "client-key" : "client-certificate", key ? "client-certificate" : "client-key");
		return false;
	}
	access->certificate = g_strconcat(certificate, "\n", key, NULL);
	g_autoptr(GError) failure = NULL;
	g_autoptr(GTlsCertificate) parsed = g_tls_certificate_new_from_pem(access->certificate, -1, &failure);
	if (parsed)
		return true;
	wrong(error, user, "the certificate and key of user '%s' cannot be read: %s", name.at, failure->message);
	return false;
}

static bool read_variables(Access *access, Part plugin, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	YAML_EACH_ITEM (yaml_get(plugin.node, "env"), item) {
		Slice name = yaml_text_of(item, "name"), value = yaml_text_of(item, "value");
		if (name.length == 0) {
			wrong(error, (Part){plugin.file, item}, "an entry of env wants name and value");
			return false;
		}
		g_autofree char *pair = g_strdup_printf("%.*s=%.*s", SLICE_ARGS(name), SLICE_ARGS(value));
		g_strv_builder_add(builder, pair);
	}
	access->variables = g_strv_builder_end(builder);
	return true;
}

/* A command with a slash is relative to the file; a plain one is looked for in PATH. */
static bool read_plugin(Access *access, Part plugin, Slice name, GError **error)
{
	Slice command = yaml_text_of(plugin.node, "command");
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	if (!plugin.node || yaml_is_null(plugin.node))
		return true;
	if (!command.length) {
		wrong(error, plugin, "exec of user '%s' has no command", name.at);
		return false;
	}
	g_autofree char *beside = path_beside(plugin.file, command);
	g_strv_builder_add(builder, memchr(command.at, '/', command.length) ? beside : command.at);
	YAML_EACH_ITEM (yaml_get(plugin.node, "args"), item)
		g_strv_builder_add(builder, yaml_text(item).length ? yaml_text(item).at : "");
	access->plugin = g_strv_builder_end(builder);
	yaml_is_bool(yaml_get(plugin.node, "provideClusterInfo"), &access->plugin_wants_cluster);
	if (!take_text(plugin, "apiVersion", &access->plugin_version, error) ||
	        !take_text(plugin, "installHint", &access->hint, error) || !read_variables(access, plugin, error))
		return false;
	static const char *const versions[] = {
	        "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1", NULL};
	if (access->plugin_version && g_strv_contains(versions, access->plugin_version))
		return true;
	wrong(error, plugin, "exec of user '%s' has %s%s", name.at,
	        access->plugin_version ? "an apiVersion that is not known: " : "no apiVersion",
	        access->plugin_version ? access->plugin_version : "");
	error_add_help(error, "apiVersion: client.authentication.k8s.io/v1, if the plugin's own page says no other");
	return false;
}

/* What Kubernetes has taken away, so that it cannot work with any server of today. */
static bool refuse_old(Part user, Slice name, GError **error)
{
	YamlNode *provider = yaml_get(user.node, "auth-provider"), *password = yaml_get(user.node, "password");
	if (provider)
		wrong(error, (Part){user.file, provider},
		        "user '%s' has an auth-provider, which Kubernetes 1.26 took away", name.at);
	else if (password)
		wrong(error, (Part){user.file, password}, "user '%s' has a password, which Kubernetes 1.19 took away",
		        name.at);
	error_add_help(error, "use a client certificate, a token, or an exec plugin");
	return !provider && !password;
}

static bool read_user(Access *access, Part user, Slice name, GError **error)
{
	YamlNode *file = yaml_get(user.node, "tokenFile");
	access->place = g_strdup_printf("%s:%u", user.file->path, line_of(user.file, user.node->start));
	if (!refuse_old(user, name, error) || !read_certificate(access, user, name, error) ||
	        !take_text(user, "token", &access->token, error) ||
	        !read_plugin(access, (Part){user.file, yaml_get(user.node, "exec")}, name, error))
		return false;
	if (yaml_text(file).length)
		access->token_file = path_beside(user.file, yaml_text(file));
	return true;
}

/* ---- context --------------------------------------------------------------------------------------------- */

static void no_context(const Config *config, const char *asked, GError **error)
{
	g_autofree char *known = list_names(config, "contexts");
	const ConfigFile *first = config->files->len ? &g_array_index(config->files, ConfigFile, 0) : NULL;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no context is called '%s' in %s", asked,
	        first ? first->path : "~/.kube/config, which does not exist");
	if (*known)
		error_add_help(error, "there are: %s", known);
	else
		error_add_help(error, "name the file with --kubeconfig, or in KUBECONFIG");
}

/* What a context refers to: clusters → cluster. */
static bool follow(const Config *config, Part context, const char *key, const char *list, Slice *ret_name,
        Part *ret_part, GError **error)
{
	Part named, value = {context.file, yaml_get(context.node, key)};
	*ret_name = yaml_text(value.node);
	if (!ret_name->length) {
		wrong(error, context, "the context names no %s", key);
		return false;
	}
	if (!find_named(config, list, *ret_name, &named)) {
		g_autofree char *known = list_names(config, list);
		wrong(error, value, "no %s is called '%s'", key, ret_name->at);
		if (*known)
			error_add_help(error, "there are: %s", known);
		return false;
	}
	*ret_part = (Part){named.file, yaml_get(named.node, key)};
	if (yaml_is_map(ret_part->node))
		return true;
	wrong(error, named, "%s '%s' holds nothing", key, ret_name->at);
	return false;
}

static Access *in_cluster(GError **error)
{
	const char *host = g_getenv("KUBERNETES_SERVICE_HOST"), *port = g_getenv("KUBERNETES_SERVICE_PORT");
	g_autoptr(Access) access = g_new0(Access, 1);
	access->context = g_strdup("in-cluster");
	access->place = g_strdup(SERVICE_ACCOUNT);
	access->token_file = g_strdup(SERVICE_ACCOUNT "/token");
	access->server = g_strdup_printf(
	        host && strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host ? host : "", port ? port : "443");
	if (!host) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "'in-cluster' is for pods: KUBERNETES_SERVICE_HOST is not set");
		return NULL;
	}
	if (!g_file_get_contents(SERVICE_ACCOUNT "/ca.crt", &access->authorities, NULL, error) ||
	        !g_file_get_contents(SERVICE_ACCOUNT "/namespace", &access->namespace, NULL, error)) {
		g_prefix_error(error, "this pod has no service account: ");
		error_add_help(error, "automountServiceAccountToken: true, and a serviceAccountName with rights");
		return NULL;
	}
	g_strstrip(access->namespace);
	return g_steal_pointer(&access);
}

Access *access_new(const char *file, const char *context, GError **error)
{
	g_auto(Config) config = {0};
	g_autoptr(Access) access = g_new0(Access, 1);
	Part item, cluster, user;
	Slice cluster_name, user_name;
	if (!config_read(&config, file, error))
		return NULL;
	if (!find_named(&config, "contexts", slice_from(context), &item)) {
		if (strcmp(context, "in-cluster") == 0)
			return in_cluster(error);
		no_context(&config, context, error);
		return NULL;
	}
	Part inside = {item.file, yaml_get(item.node, "context")};
	access->context = g_strdup(context);
	if (!yaml_is_map(inside.node)) {
		wrong(error, item, "context '%s' holds nothing", context);
		return NULL;
	}
	if (!follow(&config, inside, "cluster", "clusters", &cluster_name, &cluster, error) ||
	        !follow(&config, inside, "user", "users", &user_name, &user, error) ||
	        !take_text(inside, "namespace", &access->namespace, error) ||
	        !read_cluster(access, cluster, cluster_name, error) || !read_user(access, user, user_name, error))
		return NULL;
	if (!access->namespace)
		access->namespace = g_strdup("default");
	return g_steal_pointer(&access);
}

void access_free(Access *access)
{
	if (!access)
		return;
	char *texts[] = {access->context, access->namespace, access->server, access->authorities, access->server_name,
	        access->proxy, access->certificate, access->token, access->token_file, access->plugin_version,
	        access->hint, access->place};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(access->plugin);
	g_strfreev(access->variables);
	g_free(access);
}
