/* Requests to an API server. What may be asked again is asked again: a server that restarts or says that it has too
 * much to do is no reason to stop in the middle of an `up`; every write here can be done twice. */
#include "cluster/inner.h"

#include "base/error.h"

#define SILENCE 60      /* seconds without a byte after which a request has failed */
#define TRIES 5         /* of a server that answers and is busy */
#define LONGEST_WAIT 30 /* seconds that a server may ask for */

G_DEFINE_QUARK(labwright - cluster, cluster_error)

bool cluster_said(const GError *error, int status)
{
	return error && error->domain == cluster_error_quark() && error->code == status;
}

/* ---- where it is ----------------------------------------------------------------------------------------- */

/* As k3s and kubeadm write it for the node that the kubeconfig lies on. */
static bool is_own_machine(const char *server)
{
	g_autoptr(GUri) uri = g_uri_parse(server, G_URI_FLAGS_NONE, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	g_autoptr(GInetAddress) address = host ? g_inet_address_new_from_string(host) : NULL;
	return address ? g_inet_address_get_is_loopback(address) : g_strcmp0(host, "localhost") == 0;
}

/* ---- what went wrong ------------------------------------------------------------------------------------- */

static void say_end(const Access *access, GError **error)
{
	gint64 end = access_ends(access), now = g_get_real_time() / G_USEC_PER_SEC;
	g_autoptr(GDateTime) time = end ? g_date_time_new_from_unix_utc(end) : NULL;
	g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC") : NULL;
	if (end && end < now)
		error_add_help(error, "%s: the %s ended on %s", access->place,
		        access->token ? "token" : "client's certificate", text);
	else if (access->token || access->certificate)
		error_add_help(error, "%s holds what was shown; this server does not know it", access->place);
	else
		error_add_help(error, "%s has neither a client certificate, a token nor an exec plugin", access->place);
}

void cluster_refused(const Cluster *cluster, const HttpReply *reply, GError **error)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	g_autoptr(Json) status = json_parse((Slice){bytes, length}, NULL);
	const char *message = json_text_at(status, "message");
	g_autofree char *plain = message ? g_strdup(message) : g_strndup(bytes ? bytes : "", MIN(length, 300));
	g_set_error(error, cluster_error_quark(), (int)reply->status, "%s",
	        *g_strstrip(plain) ? plain : "the server says no more");
	if (reply->status == 401) {
		g_prefix_error(error, "the cluster does not know who you are (%s): ", cluster->access->context);
		say_end(cluster->access, error);
	} else if (reply->status == 403 && !cluster->access->token && !cluster->access->certificate) {
		say_end(cluster->access, error);
	} else if (reply->status == 403) {
		error_add_help(error, "examples/rbac holds roles with the rights that labwright needs");
	} else if (!message) {
		g_prefix_error(error, "%u: ", reply->status);
	}
}

/* A certificate does not become better by asking again. */
static bool is_distrust(const GError *failure)
{
	return g_error_matches(failure, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE) ||
	       g_error_matches(failure, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED);
}

/* What its owner can do about a certificate; the first that is wrong of all that may be. */
static const char *distrust_help(const Access *access, uint32_t distrust)
{
	if (distrust & G_TLS_CERTIFICATE_EXPIRED)
		return "the certificate of the API server has ended, or this machine's clock is wrong: k3s makes a new "
		       "one "
		       "when it is restarted, kubeadm by `kubeadm certs renew all`";
	if (distrust & G_TLS_CERTIFICATE_NOT_ACTIVATED)
		return "the certificate of the API server begins in the future: is this machine's clock right?";
	if (!access->authorities)
		return "the cluster's authority is not the system's: certificate-authority-data names it";
	if (distrust & G_TLS_CERTIFICATE_UNKNOWN_CA)
		return "certificate-authority-data is of another cluster: take the kubeconfig of this one anew";
	if (distrust & G_TLS_CERTIFICATE_BAD_IDENTITY)
		return "the address is not in the server's certificate: name it as the certificate does, by "
		       "tls-server-name, or let the server add it (k3s: --tls-san)";
	return "certificate-authority-data is of another cluster, or the address is not in its certificate";
}

static void not_reached(const Cluster *cluster, GError *failure, uint32_t distrust, GError **error)
{
	const Access *access = cluster->access;
	bool tls = is_distrust(failure);
	g_set_error(error, cluster_error_quark(), 0, "cannot reach %s (context %s): %s", access->server,
	        access->context, failure->message);
	if (tls && !access->insecure)
		error_add_help(error, "%s", distrust_help(access, distrust));
	else if (!tls && is_own_machine(access->server))
		error_add_help(error, "that is this machine itself: a kubeconfig that was copied from a node wants the "
		                      "node's address there; else, is the API server up?");
	else if (!tls)
		error_add_help(error, "is it up, and is this the network from which it can be reached?");
}

/* ---- one request ----------------------------------------------------------------------------------------- */

static bool connect_again(Cluster *cluster, GError **error)
{
	Access *access = cluster->access;
	HttpIdentity identity = {.authorities = access->authorities,
	        .certificate = access->certificate,
	        .server_name = access->server_name,
	        .proxy = access->proxy,
	        .trusting = access->insecure,
	        .repeatable = true,
	        .plain = access->plain || is_own_machine(access->server)};
	Http *http = http_new_known(access->server, SILENCE, &identity, error);
	if (!http)
		return false;
	g_autofree char *bearer = access->token ? g_strconcat("Bearer ", access->token, NULL) : NULL;
	http_set_header(http, "Authorization", bearer);
	http_set_header(http, "Impersonate-User", access->as);
	http_set_header(http, "User-Agent", "labwright/" VERSION);
	g_clear_pointer(&cluster->http, http_free);
	cluster->http = http;
	return true;
}

static void take_credential(Access *access, const Cluster *first)
{
	g_free(access->token);
	g_free(access->certificate);
	access->token = g_strdup(first->token);
	access->certificate = g_strdup(first->certificate);
}

static void share_credential(Cluster *first, const Access *access)
{
	g_free(first->token);
	g_free(first->certificate);
	first->token = g_strdup(access->token);
	first->certificate = g_strdup(access->certificate);
}

/* Of several connections that are refused at the same time one asks for a new credential, and all of them take it: a
 * plugin may open a browser. */
static bool renew(Cluster *cluster, GError **error)
{
	Cluster *first = cluster->first;
	bool fine = true;
	g_mutex_lock(&first->renewing);
	if (cluster->renewal != first->newest)
		take_credential(cluster->access, first);
	else if ((fine = access_refresh(cluster->access, error))) {
		share_credential(first, cluster->access);
		first->newest++;
	}
	cluster->renewal = first->newest;
	g_mutex_unlock(&first->renewing);
	return fine && connect_again(cluster, error);
}

/* How long to wait before the next try, in milliseconds; 0: there is none. */
static uint32_t next_try(const Cluster *cluster, const HttpReply *reply, uint32_t tried, gint64 began)
{
	bool answered = reply->body != NULL;
	bool busy = answered && (reply->status == 429 || reply->status == 503 || reply->status == 504 ||
	                                (reply->status == 500 && tried < 2));
	if (cluster->cancellable && g_cancellable_is_cancelled(cluster->cancellable))
		return 0;
	gint64 gone = (g_get_monotonic_time() - began) / G_TIME_SPAN_SECOND;
	if (answered && (!busy || (tried >= TRIES && gone >= cluster->patience)))
		return 0;
	if (!answered && (cluster->patience == 0 ? tried >= 1 : gone >= cluster->patience))
		return 0;
	if (reply->retry_after)
		return MIN(reply->retry_after, LONGEST_WAIT) * 1000;
	return MIN(100u << MIN(tried, 5), 2000);
}

/* A stream that ends too early ends like any other for the client; every object ends with a brace. */
static bool is_cut(const HttpReply *reply)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	while (length && g_ascii_isspace(bytes[length - 1]))
		length--;
	return reply->status < 300 && (length == 0 || bytes[length - 1] != '}');
}

static void count(Cluster *cluster, size_t bytes)
{
	g_mutex_lock(&cluster->lock);
	cluster->count.requests++;
	cluster->count.bytes += bytes;
	g_mutex_unlock(&cluster->lock);
}

static bool ask_once(Cluster *cluster, const char *method, const char *path, GBytes *body, const char *type,
        HttpReply *ret_reply, GError **error)
{
	*ret_reply = (HttpReply){0};
	bool answered = http_ask(cluster->http, method, path, body, type, ret_reply, error);
	count(cluster, answered ? g_bytes_get_size(ret_reply->body) : 0);
	if (!answered)
		return false;
	if (!is_cut(ret_reply))
		return true;
	http_reply_clear(ret_reply);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "the answer was cut off");
	return false;
}

bool cluster_ask(Cluster *cluster, const char *method, const char *path, GBytes *body, const char *type,
        const char *accept, HttpReply *ret_reply, GError **error)
{
	gint64 began = g_get_monotonic_time();
	bool refreshed = false;
	http_set_header(cluster->http, "Accept", accept ? accept : "application/json");
	for (uint32_t tried = 0;; tried++) {
		g_autoptr(GError) failure = NULL;
		bool fine = ask_once(cluster, method, path, body, type, ret_reply, &failure);
		if (fine && ret_reply->status == 401 && !refreshed &&
		        (cluster->access->plugin || cluster->access->token_file)) {
			http_reply_clear(ret_reply);
			refreshed = true;
			if (!renew(cluster, error))
				return false;
			http_set_header(cluster->http, "Accept", accept ? accept : "application/json");
			continue;
		}
		uint32_t wait = fine && ret_reply->status < 400 ? 0 : next_try(cluster, ret_reply, tried, began);
		if (fine && wait == 0)
			return true;
		if (!fine && (wait == 0 || is_distrust(failure))) {
			not_reached(cluster, failure, ret_reply->distrust, error);
			return false;
		}
		http_reply_clear(ret_reply);
		g_usleep(wait * 1000);
	}
}

static Json *parse_reply(const Cluster *cluster, const HttpReply *reply, GError **error)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	if (reply->status >= 400) {
		cluster_refused(cluster, reply, error);
		return NULL;
	}
	Json *value = json_parse((Slice){bytes, length}, error);
	if (!value)
		g_prefix_error(error, "%s does not answer like a Kubernetes API server: ", cluster->access->server);
	return value;
}

Json *cluster_get(Cluster *cluster, const char *path, GError **error)
{
	return cluster_send(cluster, "GET", path, NULL, NULL, error);
}

Json *cluster_get_metadata(Cluster *cluster, const char *path, GError **error)
{
	g_auto(HttpReply) reply = {0};
	static const char metadata_only[] = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
	return cluster_ask(cluster, "GET", path, NULL, NULL, metadata_only, &reply, error)
	               ? parse_reply(cluster, &reply, error)
	               : NULL;
}

Json *cluster_send(
        Cluster *cluster, const char *method, const char *path, const Json *body, const char *type, GError **error)
{
	g_auto(HttpReply) reply = {0};
	g_autofree char *text = body ? json_print(body) : NULL;
	g_autoptr(GBytes) bytes = text ? g_bytes_new(text, strlen(text)) : NULL;
	return cluster_ask(cluster, method, path, bytes, type, NULL, &reply, error)
	               ? parse_reply(cluster, &reply, error)
	               : NULL;
}

GInputStream *cluster_stream(Cluster *cluster, const char *path, GCancellable *cancellable, GError **error)
{
	count(cluster, 0);
	http_set_header(cluster->http, "Accept", "*/*");
	return http_open(cluster->http, "GET", path, NULL, NULL, cancellable, error);
}

HttpSocket *cluster_socket(Cluster *cluster, const char *path, const char *const *protocols, GError **error)
{
	count(cluster, 0);
	return http_socket_new(cluster->http, path, protocols, error);
}

/* ---- opening --------------------------------------------------------------------------------------------- */

static Cluster *cluster_new(const char *kubeconfig)
{
	Cluster *cluster = g_new0(Cluster, 1);
	cluster->first = cluster;
	cluster->kubeconfig = g_strdup(kubeconfig);
	g_mutex_init(&cluster->lock);
	g_mutex_init(&cluster->renewing);
	return cluster;
}

Cluster *cluster_open(const char *kubeconfig, const char *context, GError **error)
{
	g_autoptr(Cluster) cluster = cluster_new(kubeconfig);
	cluster->access = access_new(kubeconfig, context, error);
	if (!cluster->access || !renew(cluster, error))
		return NULL;
	g_autoptr(Json) version = cluster_get(cluster, "/version", error);
	if (!version)
		return NULL;
	const char *release = json_text_at(version, "gitVersion");
	if (!release) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "%s does not answer like a Kubernetes API server", cluster->access->server);
		return NULL;
	}
	cluster->title = g_strdup_printf("Kubernetes %s at %s (context %s)", release, cluster->access->server, context);
	return g_steal_pointer(&cluster);
}

Cluster *cluster_again(const Cluster *cluster, GError **error)
{
	g_autoptr(Cluster) other = cluster_new(cluster->kubeconfig);
	other->access = access_new(cluster->kubeconfig, cluster->access->context, error);
	if (!other->access)
		return NULL;
	other->first = cluster->first;
	g_mutex_lock(&other->first->renewing);
	take_credential(other->access, other->first);
	other->renewal = other->first->newest;
	g_mutex_unlock(&other->first->renewing);
	other->title = g_strdup(cluster->title);
	other->patience = cluster->patience;
	other->cancellable = cluster->cancellable;
	return connect_again(other, error) ? g_steal_pointer(&other) : NULL;
}

void cluster_free(Cluster *cluster)
{
	if (!cluster)
		return;
	for (guint i = 0; cluster->idle && i < cluster->idle->len; i++)
		cluster_free(cluster->idle->pdata[i]);
	g_clear_pointer(&cluster->idle, g_ptr_array_unref);
	g_mutex_clear(&cluster->lock);
	g_mutex_clear(&cluster->renewing);
	g_free(cluster->token);
	g_free(cluster->certificate);
	cluster_forget_kinds(cluster);
	http_free(cluster->http);
	access_free(cluster->access);
	g_free(cluster->kubeconfig);
	g_free(cluster->title);
	g_free(cluster);
}

const char *cluster_title(const Cluster *cluster)
{
	return cluster->title;
}

const Access *cluster_access(const Cluster *cluster)
{
	return cluster->access;
}

ClusterCount cluster_count(Cluster *cluster)
{
	g_mutex_lock(&cluster->lock);
	ClusterCount counted = cluster->count;
	g_mutex_unlock(&cluster->lock);
	return counted;
}

void cluster_set_patience(Cluster *cluster, uint32_t seconds)
{
	cluster->patience = seconds;
}

void cluster_set_cancellable(Cluster *cluster, GCancellable *cancellable)
{
	cluster->cancellable = cancellable;
}
