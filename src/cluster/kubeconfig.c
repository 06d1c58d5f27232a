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

/* A manifest is taken for a kubeconfig when a path is mistyped; its clusters are then missed in vain. */
static bool is_kubeconfig(const ConfigFile *file, GError **error)
{
	Part root = {file, file->document ? file->document->root : NULL};
	Slice kind = yaml_text_of(root.node, "kind");
	if (!root.node || yaml_is_null(root.node))
		return true;
	if (!yaml_is_map(root.node)) {
		wrong(error, root, "a kubeconfig is a map with clusters, users and contexts");
		return false;
	}
	if (kind.length && !slice_is(kind, "Config")) {
		wrong(error, (Part){file, yaml_get(root.node, "kind")}, "this is a %s and no kubeconfig", kind.at);
		return false;
	}
	static const char *const lists[] = {"clusters", "users", "contexts"};
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		YamlNode *list = yaml_get(root.node, lists[i]);
		if (!list || yaml_is_null(list) || yaml_is_sequence(list))
			continue;
		wrong(error, (Part){file, list}, "%s wants a list of items with a name", lists[i]);
		return false;
	}
	return true;
}

static void unreadable(const char *path, const GError *failure, GError **error)
{
	bool absent = g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot read the kubeconfig %s: %s", path,
	        absent ? "no such file" : failure->message);
	if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		error_add_help(error, "k3s writes its own for root alone: copy it to ~/.kube/config, and give the copy "
		                      "to yourself");
}

static bool read_file(Config *config, const char *path, bool must, GError **error)
{
	ConfigFile file = {.path = g_strdup(path)};
	g_autoptr(GError) failure = NULL;
	if (!g_file_get_contents(path, &file.text, &file.length, &failure)) {
		g_free(file.path);
		if (!must && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return true;
		unreadable(path, failure, error);
		return false;
	}
	file.document = yaml_read((Slice){file.text, file.length}, config->arena);
	g_array_append_val(config->files, file);
	if (!file.document || !file.document->error)
		return is_kubeconfig(&file, error);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s:%u: %s", path,
	        line_of(&file, file.document->error_at), file.document->error);
	return false;
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

/* Whether the value of a key is a text, or is not there. */
static bool is_text(Part value, const char *key, GError **error)
{
	if (!value.node || yaml_is_scalar(value.node))
		return true;
	wrong(error, value, "%s wants a text", key);
	return false;
}

/* A key's text; an empty one counts as none, as kubectl has it. */
static bool take_text(Part part, const char *key, char **ret_text, GError **error)
{
	YamlNode *value = yaml_get(part.node, key);
	if (!is_text((Part){part.file, value}, key, error))
		return false;
	if (value && !yaml_is_null(value) && value->value.length)
		*ret_text = slice_dup(value->value);
	return true;
}

/* A list, or nothing. */
static bool is_list(Part part, const char *key, GError **error)
{
	YamlNode *value = yaml_get(part.node, key);
	if (!value || yaml_is_null(value) || yaml_is_sequence(value))
		return true;
	wrong(error, (Part){part.file, value}, "%s wants a list", key);
	return false;
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
	if (!is_text(data, data_key, error) || !is_text(name, key, error))
		return false;
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

/* ---- certificates ----------------------------------------------------------------------------------------- */

#define WINDOW 32u /* bytes that two numbers do not share by chance */

static GByteArray *bytes_of(GTlsCertificate *certificate, const char *property)
{
	GByteArray *bytes = NULL;
	g_object_get(certificate, property, &bytes, NULL);
	return bytes ? bytes : g_byte_array_new();
}

/* A private key of RSA holds the public one, and so does one of an elliptic curve unless it is very short; the
 * certificate holds it, too. A key of another certificate is found out in no other way than by a handshake that fails.
 */
static bool is_foreign_key(GTlsCertificate *certificate)
{
	g_autoptr(GByteArray) key = bytes_of(certificate, "private-key"), whole = bytes_of(certificate, "certificate");
	if (key->len < 100 || whole->len < WINDOW)
		return false;
	Slice text = {(const char *)whole->data, whole->len};
	for (guint at = 0; at + WINDOW <= key->len; at++)
		if (memmem(text.at, text.length, key->data + at, WINDOW))
			return false;
	return true;
}

/* The authority's file is read by GLib at the first handshake only, and then without a word. */
static bool is_authority(const Access *access, Part cluster, GError **error)
{
	bool data = yaml_text_of(cluster.node, "certificate-authority-data").length > 0;
	const char *key = data ? "certificate-authority-data" : "certificate-authority";
	g_autoptr(GError) failure = NULL;
	g_autoptr(GTlsCertificate) certificate =
	        access->authorities ? g_tls_certificate_new_from_pem(access->authorities, -1, &failure) : NULL;
	if (!access->authorities || certificate)
		return true;
	wrong(error, (Part){cluster.file, yaml_get(cluster.node, key)}, "%s holds no certificate: %s", key,
	        failure->message);
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
	YamlNode *insecure = yaml_get(cluster.node, "insecure-skip-tls-verify"),
	         *plain = yaml_get(cluster.node, "disable-compression");
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
	if (plain && !yaml_is_null(plain) && !yaml_is_bool(plain, &access->plain)) {
		wrong(error, (Part){cluster.file, plain}, "disable-compression is true or false");
		return false;
	}
	if (access->insecure && access->authorities) {
		wrong(error, (Part){cluster.file, insecure},
		        "cluster '%s' names an authority and says that its certificates are not looked at", name.at);
		error_add_help(error, "take insecure-skip-tls-verify away");
		return false;
	}
	return is_authority(access, cluster, error);
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
	if (strstr(key, "ENCRYPTED")) {
		wrong(error, user, "the key of user '%s' is behind a password, for which nobody can be asked here",
		        name.at);
		error_add_help(error, "openssl pkey -in KEY -out PLAIN writes it without; keep that file to yourself");
		return false;
	}
	access->certificate = g_strconcat(certificate, "\n", key, NULL);
	g_autoptr(GError) failure = NULL;
	g_autoptr(GTlsCertificate) parsed = g_tls_certificate_new_from_pem(access->certificate, -1, &failure);
	if (!parsed)
		wrong(error, user, "the certificate and key of user '%s' cannot be read: %s", name.at,
		        failure->message);
	else if (is_foreign_key(parsed))
		wrong(error, user, "the key of user '%s' is not that of its certificate", name.at);
	else
		return true;
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
	YamlNode *mode = yaml_get(plugin.node, "interactiveMode");
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	if (!plugin.node || yaml_is_null(plugin.node))
		return true;
	if (slice_is(yaml_text(mode), "Always")) {
		wrong(error, (Part){plugin.file, mode},
		        "the plugin of user '%s' wants to ask at a terminal, which it is not given here", name.at);
		error_add_help(error, "interactiveMode: IfAvailable, if the plugin can also do without");
		return false;
	}
	if (!is_list(plugin, "args", error) || !is_list(plugin, "env", error))
		return false;
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

/* Acting as somebody else is a header; what groups and more that would bring is not sent, so it is not left out either.
 */
static bool read_as(Access *access, Part user, Slice name, GError **error)
{
	static const char *const more[] = {"as-groups", "as-uid", "as-user-extra"};
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		YamlNode *value = yaml_get(user.node, more[i]);
		if (!value || yaml_is_null(value) || (!yaml_is_scalar(value) && !value->count))
			continue;
		wrong(error, (Part){user.file, value}, "user '%s' has %s, which labwright does not send", name.at,
		        more[i]);
		error_add_help(error, "as: NAME alone, or a user of its own");
		return false;
	}
	return take_text(user, "as", &access->as, error);
}

/* A token stands in a header line: with a break in it there would be two. */
static bool is_token(Part user, const char *token, Slice name, GError **error)
{
	for (const char *at = token ? token : ""; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f) {
			wrong(error, (Part){user.file, yaml_get(user.node, "token")},
			        "the token of user '%s' holds a blank or a line break", name.at);
			return false;
		}
	return true;
}

static bool read_user(Access *access, Part user, Slice name, GError **error)
{
	Part file = {user.file, yaml_get(user.node, "tokenFile")};
	access->place = g_strdup_printf("%s:%u", user.file->path, line_of(user.file, user.node->start));
	if (!refuse_old(user, name, error) || !read_certificate(access, user, name, error) ||
	        !take_text(user, "token", &access->token, error) || !is_token(user, access->token, name, error) ||
	        !read_as(access, user, name, error) || !is_text(file, "tokenFile", error) ||
	        !read_plugin(access, (Part){user.file, yaml_get(user.node, "exec")}, name, error))
		return false;
	if (yaml_text(file.node).length)
		access->token_file = path_beside(user.file, yaml_text(file.node));
	return true;
}

/* ---- context --------------------------------------------------------------------------------------------- */

static void no_context(const Config *config, const char *asked, GError **error)
{
	g_autofree char *known = list_names(config, "contexts");
	const ConfigFile *first = config->files->len ? &g_array_index(config->files, ConfigFile, 0) : NULL;
	const char *listed = g_getenv("KUBECONFIG");
	bool several = config->files->len > 1;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "no context is called '%s' in %s%s", asked,
	        first               ? first->path
	        : listed && *listed ? "what KUBECONFIG names, of which no file exists"
	                            : "~/.kube/config, which does not exist",
	        several ? " and the other files of KUBECONFIG" : "");
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
	        access->hint, access->place, access->as};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_strfreev(access->plugin);
	g_strfreev(access->variables);
	g_free(access);
}
