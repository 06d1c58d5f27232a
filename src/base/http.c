/* The only user of libsoup as a client. One session for each client, since sessions keep the connections and a thread
 * of ours asks one thing at a time.
 *
 * The library is loaded with the first client and not when the program starts: with the eight that it needs itself that
 * takes 1.4 of the 7 ms of a processor before `main` of a program that, as `check`, mostly asks nobody. */
#include "base/http.h"

#include "base/error.h"
#include "base/library.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIBRARY "libsoup-3.0.so.0"

/* clang-format off */
#define FUNCTIONS(each) \
	each(soup_content_decoder_get_type) \
	each(soup_message_add_flags) \
	each(soup_message_get_reason_phrase) \
	each(soup_message_get_request_headers) \
	each(soup_message_get_response_headers) \
	each(soup_message_get_status) \
	each(soup_message_get_tls_peer_certificate_errors) \
	each(soup_message_headers_append) \
	each(soup_message_headers_foreach) \
	each(soup_message_headers_get_one) \
	each(soup_message_headers_replace) \
	each(soup_message_new) \
	each(soup_message_set_request_body_from_bytes) \
	each(soup_session_get_tls_database) \
	each(soup_session_new_with_options) \
	each(soup_session_remove_feature_by_type) \
	each(soup_session_send) \
	each(soup_session_send_and_read) \
	each(soup_session_set_proxy_resolver) \
	each(soup_session_set_tls_database) \
	each(soup_session_set_tls_interaction) \
	each(soup_session_websocket_connect_async) \
	each(soup_session_websocket_connect_finish) \
	each(soup_websocket_connection_close) \
	each(soup_websocket_connection_get_protocol) \
	each(soup_websocket_connection_get_state) \
	each(soup_websocket_connection_send_binary) \
	each(soup_websocket_connection_set_max_incoming_payload_size)
/* clang-format on */

#define FUNCTION(name) __typeof__(name) *name;
static struct {
	FUNCTIONS(FUNCTION)
} soup;

/* Without it there is no client, as there is no program without a library that it starts with. */
static gpointer load(gpointer data)
{
#define FOUND(name) {#name, (gpointer *)&soup.name},
	const LibraryFunction functions[] = {FUNCTIONS(FOUND)};
	g_autoptr(GError) error = NULL;
	if (!library_load(LIBRARY, functions, G_N_ELEMENTS(functions), &error)) {
		g_printerr("labwright: servers are asked by libsoup: %s\nhint: on Debian: apt install libsoup-3.0-0\n",
		        error->message);
		exit(3);
	}
	return &soup;
}

struct Http {
	SoupSession *session;
	bool trusting, repeatable;
	char *base;                    /* "http://localhost" for sockets */
	char *socket;                  /* its path, or NULL */
	GHashTable *headers;           /* name → value, or NULL */
	int authorities;               /* file in memory, or -1 */
	char *server_name;             /* that its certificate must hold, where that is not the address's; or NULL */
	GTlsDatabase *trusted;         /* what that certificate is held against */
	GTlsCertificateFlags distrust; /* what that said the last time */
};

/* ---- whom the system trusts ------------------------------------------------------------------------------- */

/* Every connection of GLib's takes the default database and reads it, which is a hundred and forty certificates of the
 * system, before it is given the one that its session has. So each session is given its own, and the default is one of
 * a single certificate. */
static GMutex trust_lock;
static GTlsDatabase *system_trust, *small_trust;

static GTlsDatabase *system_database(void)
{
	g_mutex_lock(&trust_lock);
	if (!system_trust) {
		GTlsBackend *backend = g_tls_backend_get_default();
		g_tls_backend_set_default_database(backend, NULL);
		system_trust = g_tls_backend_get_default_database(backend);
		if (small_trust)
			g_tls_backend_set_default_database(backend, small_trust);
	}
	g_mutex_unlock(&trust_lock);
	return system_trust;
}

/* GLib reads authorities from files only, and again at every connection: a file that exists in memory will do. */
static GTlsDatabase *database_new(const char *authorities, int *ret_file, GError **error)
{
	size_t length = strlen(authorities);
	*ret_file = memfd_create("authorities", MFD_CLOEXEC);
	if (*ret_file < 0 || write(*ret_file, authorities, length) != (ssize_t)length) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no memory for certificates: %s",
		        g_strerror(errno));
		return NULL;
	}
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", *ret_file);
	return g_tls_file_database_new(path, error);
}

/* The file of the default stays open as long as the program. */
static void make_default_small(const char *authorities)
{
	int file;
	g_mutex_lock(&trust_lock);
	if (!small_trust && (small_trust = database_new(authorities, &file, NULL)))
		g_tls_backend_set_default_database(g_tls_backend_get_default(), small_trust);
	g_mutex_unlock(&trust_lock);
}

static Http *client_new(const char *address, uint32_t patience)
{
	static GOnce loaded = G_ONCE_INIT;
	g_once(&loaded, load, NULL);
	Http *http = g_new0(Http, 1);
	http->authorities = -1;
	if (*address == '/') {
		g_autoptr(GSocketAddress) socket = g_unix_socket_address_new(address);
		http->session =
		        soup.soup_session_new_with_options("remote-connectable", socket, "timeout", patience, NULL);
		http->base = g_strdup("http://localhost");
		http->socket = g_strdup(address);
	} else {
		http->session = soup.soup_session_new_with_options("timeout", patience, NULL);
		http->base = g_strdup(address);
	}
	return http;
}

static void trust_system(Http *http)
{
	if (g_str_has_prefix(http->base, "https:"))
		soup.soup_session_set_tls_database(http->session, system_database());
}

Http *http_new(const char *address, uint32_t patience)
{
	Http *http = client_new(address, patience);
	trust_system(http);
	return http;
}

Http *http_new_trusting(const char *address, uint32_t patience)
{
	Http *http = http_new(address, patience);
	http->trusting = true;
	return http;
}

/* ---- the client's certificate --------------------------------------------------------------------------- */

/* Shows the client's certificate to a server that asks for one. libsoup does the same by the main context, which GLib
 * acquires in the thread of the handshake: of two handshakes of two threads one gets it, and the other waits for ever
 * for somebody to turn it. Here each client has a context of its own, which nobody else can hold. */
typedef struct Presenter {
	GTlsInteraction parent;
	GMainContext *context;
	GTlsCertificate *certificate; /* or NULL: there is none to show */
} Presenter;
typedef GTlsInteractionClass PresenterClass;

GType presenter_get_type(void);
G_DEFINE_TYPE(Presenter, presenter, G_TYPE_TLS_INTERACTION)

static void present(GTlsInteraction *interaction, GTlsConnection *connection, GTlsCertificateRequestFlags flags,
        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	Presenter *presenter = (Presenter *)interaction;
	g_main_context_push_thread_default(presenter->context);
	g_autoptr(GTask) task = g_task_new(interaction, cancellable, callback, data);
	if (presenter->certificate)
		g_tls_connection_set_certificate(connection, presenter->certificate);
	g_task_return_int(task, presenter->certificate ? G_TLS_INTERACTION_HANDLED : G_TLS_INTERACTION_UNHANDLED);
	g_main_context_pop_thread_default(presenter->context);
}

static GTlsInteractionResult presented(GTlsInteraction *interaction, GAsyncResult *result, GError **error)
{
	return (GTlsInteractionResult)g_task_propagate_int(G_TASK(result), error);
}

static void presenter_finalize(GObject *object)
{
	Presenter *presenter = (Presenter *)object;
	g_clear_object(&presenter->certificate);
	g_clear_pointer(&presenter->context, g_main_context_unref);
	G_OBJECT_CLASS(presenter_parent_class)->finalize(object);
}

static void presenter_class_init(PresenterClass *class)
{
	class->request_certificate_async = present;
	class->request_certificate_finish = presented;
	G_OBJECT_CLASS(class)->finalize = presenter_finalize;
}

static void presenter_init(Presenter *presenter)
{
}

static GTlsInteraction *presenter_new(GTlsCertificate *certificate)
{
	GMainContext *context = g_main_context_new();
	g_main_context_push_thread_default(context); /* which it keeps as its own */
	Presenter *presenter = g_object_new(presenter_get_type(), NULL);
	g_main_context_pop_thread_default(context);
	presenter->context = context;
	presenter->certificate = certificate ? g_object_ref(certificate) : NULL;
	return (GTlsInteraction *)presenter;
}

/* ---- clients --------------------------------------------------------------------------------------------- */

static bool identify(Http *http, const HttpIdentity *identity, GError **error)
{
	if (identity->authorities) {
		make_default_small(identity->authorities);
		g_autoptr(GTlsDatabase) database = database_new(identity->authorities, &http->authorities, error);
		if (!database) {
			g_prefix_error(error, "the certificate of the authority is no PEM: ");
			return false;
		}
		soup.soup_session_set_tls_database(http->session, database);
	} else {
		trust_system(http);
	}
	g_autoptr(GTlsCertificate) own =
	        identity->certificate ? g_tls_certificate_new_from_pem(identity->certificate, -1, error) : NULL;
	if (identity->certificate && !own) {
		g_prefix_error(error, "the client's certificate and key are no PEM: ");
		return false;
	}
	g_autoptr(GTlsInteraction) presenter = presenter_new(own);
	soup.soup_session_set_tls_interaction(http->session, presenter);
	if (identity->proxy) {
		g_autoptr(GProxyResolver) resolver = g_simple_proxy_resolver_new(identity->proxy, NULL);
		soup.soup_session_set_proxy_resolver(http->session, resolver);
	}
	if (identity->server_name) { /* nobody is trusted by the session, so that accept_name is asked every time */
		http->server_name = g_strdup(identity->server_name);
		http->trusted = g_object_ref(soup.soup_session_get_tls_database(http->session));
		soup.soup_session_set_tls_database(http->session, NULL);
	}
	http->trusting = identity->trusting;
	http->repeatable = identity->repeatable;
	if (identity->plain)
		soup.soup_session_remove_feature_by_type(http->session, soup.soup_content_decoder_get_type());
	return true;
}

Http *http_new_known(const char *address, uint32_t patience, const HttpIdentity *identity, GError **error)
{
	static gsize once;
	if (g_once_init_enter(&once)) {
		/* libsoup 3.2 loses the answer of a server that ends an HTTP/2 connection after it, as API servers do
		 * with who they do not know; one request after the other gains nothing by HTTP/2. */
		g_setenv("SOUP_FORCE_HTTP1", "1", FALSE);
		g_once_init_leave(&once, 1);
	}
	g_autoptr(Http) http = client_new(address, patience);
	return identify(http, identity, error) ? g_steal_pointer(&http) : NULL;
}

void http_set_header(Http *http, const char *name, const char *value)
{
	if (!http->headers)
		http->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (value)
		g_hash_table_insert(http->headers, g_strdup(name), g_strdup(value));
	else
		g_hash_table_remove(http->headers, name);
}

void http_free(Http *http)
{
	if (!http)
		return;
	g_object_unref(http->session);
	g_clear_object(&http->trusted);
	g_free(http->server_name);
	if (http->authorities >= 0)
		close(http->authorities);
	g_clear_pointer(&http->headers, g_hash_table_unref);
	g_free(http->base);
	g_free(http->socket);
	g_free(http);
}

void http_reply_clear(HttpReply *reply)
{
	g_clear_pointer(&reply->body, g_bytes_unref);
	g_clear_pointer(&reply->headers, g_hash_table_unref);
}

static gboolean accept_any(SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, void *data)
{
	return TRUE;
}

static gboolean accept_name(SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, void *data)
{
	Http *http = data;
	g_autoptr(GSocketConnectable) name = g_network_address_new(http->server_name, 443);
	http->distrust = g_tls_database_verify_chain(http->trusted, certificate,
	        G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, name, NULL, G_TLS_DATABASE_VERIFY_NONE, NULL, NULL);
	return http->distrust == 0;
}

static void set_headers(const Http *http, SoupMessage *message)
{
	GHashTableIter at;
	const char *name, *value;
	g_hash_table_iter_init(&at, http->headers);
	while (g_hash_table_iter_next(&at, (void **)&name, (void **)&value))
		soup.soup_message_headers_replace(soup.soup_message_get_request_headers(message), name, value);
}

static SoupMessage *message_new(
        Http *http, const char *method, const char *path, GBytes *body, const char *type, GError **error)
{
	g_autofree char *url = g_strconcat(http->base, path, NULL);
	SoupMessage *message = soup.soup_message_new(method, url);
	if (!message) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no address: %s", url);
		return NULL;
	}
	if (http->trusting)
		g_signal_connect(message, "accept-certificate", G_CALLBACK(accept_any), NULL);
	else if (http->server_name)
		g_signal_connect(message, "accept-certificate", G_CALLBACK(accept_name), http);
	if (http->headers)
		set_headers(http, message);
	if (body)
		soup.soup_message_set_request_body_from_bytes(message, type ? type : "application/json", body);
	if (http->repeatable) /* else libsoup makes a new connection for every PATCH and POST */
		soup.soup_message_add_flags(message, SOUP_MESSAGE_IDEMPOTENT);
	return message;
}

bool http_ask(Http *http, const char *method, const char *path, GBytes *body, const char *type, HttpReply *ret_reply,
        GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, method, path, body, type, error);
	if (!message)
		return false;
	g_autoptr(GError) failure = NULL;
	ret_reply->body = soup.soup_session_send_and_read(http->session, message, NULL, &failure);
	ret_reply->status = soup.soup_message_get_status(message);
	ret_reply->distrust =
	        http->server_name ? http->distrust : soup.soup_message_get_tls_peer_certificate_errors(message);
	if (!ret_reply->body &&
	        ret_reply->status >= 400) /* servers hang up on who they refuse; what they say is known */
		ret_reply->body = g_bytes_new(NULL, 0);
	else if (!ret_reply->body)
		g_propagate_error(error, g_steal_pointer(&failure));
	const char *wait =
	        soup.soup_message_headers_get_one(soup.soup_message_get_response_headers(message), "Retry-After");
	ret_reply->retry_after = wait ? (uint32_t)CLAMP(g_ascii_strtoll(wait, NULL, 10), 0, 3600) : 0;
	return ret_reply->body != NULL;
}

static void keep_header(const char *name, const char *value, gpointer headers)
{
	g_hash_table_insert(headers, g_ascii_strdown(name, -1), g_strdup(value));
}

bool http_ask_with(Http *http, const char *method, const char *path, const char *const *headers, HttpReply *ret_reply,
        GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, method, path, NULL, NULL, error);
	if (!message)
		return false;
	for (; headers && headers[0] && headers[1]; headers += 2)
		soup.soup_message_headers_append(
		        soup.soup_message_get_request_headers(message), headers[0], headers[1]);
	ret_reply->body = soup.soup_session_send_and_read(http->session, message, NULL, error);
	ret_reply->status = soup.soup_message_get_status(message);
	ret_reply->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	soup.soup_message_headers_foreach(
	        soup.soup_message_get_response_headers(message), keep_header, ret_reply->headers);
	return ret_reply->body != NULL;
}

/* What a refusal says, at most a few lines of it. */
static void read_refusal(SoupMessage *message, GInputStream *stream, GError **error)
{
	char text[2048];
	gsize length = 0;
	g_input_stream_read_all(stream, text, sizeof(text) - 1, &length, NULL, NULL);
	text[length] = '\0';
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%u %s", soup.soup_message_get_status(message),
	        length ? g_strstrip(text) : soup.soup_message_get_reason_phrase(message));
}

GInputStream *http_open(Http *http, const char *method, const char *path, GBytes *body, const char *type,
        GCancellable *cancellable, GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, method, path, body, type, error);
	if (!message)
		return NULL;
	g_autoptr(GInputStream) stream = soup.soup_session_send(http->session, message, cancellable, error);
	if (stream && soup.soup_message_get_status(message) >= 400) {
		read_refusal(message, stream, error);
		return NULL;
	}
	return g_steal_pointer(&stream);
}

/* libsoup 3.2 does not give its connections away, so this one request is written by hand. */
static bool read_head(GIOStream *stream, GString *head, GError **error)
{
	GInputStream *input = g_io_stream_get_input_stream(stream);
	while (head->len < 16384 && !g_str_has_suffix(head->str, "\r\n\r\n")) {
		char byte;
		gssize read = g_input_stream_read(input, &byte, 1, NULL, error);
		if (read <= 0) {
			if (read == 0)
				g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
				        "the connection ended before an answer");
			return false;
		}
		g_string_append_c(head, byte);
	}
	return true;
}

static GSocketConnection *connect_plain(const Http *http, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	if (http->socket) {
		g_autoptr(GSocketAddress) address = g_unix_socket_address_new(http->socket);
		return g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, error);
	}
	return g_socket_client_connect_to_uri(client, http->base, 80, NULL, error);
}

GIOStream *http_upgrade(Http *http, const char *path, GBytes *body, const char *type, GError **error)
{
	g_autoptr(GSocketConnection) connection = connect_plain(http, error);
	gsize length = 0;
	const char *bytes = body ? g_bytes_get_data(body, &length) : "";
	if (!connection)
		return NULL;
	g_autofree char *request =
	        g_strdup_printf("POST %s HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	                        "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%.*s",
	                path, type ? type : "application/json", length, (int)length, bytes);
	g_autoptr(GString) head = g_string_new(NULL);
	if (!g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), request, strlen(request),
	            NULL, NULL, error) ||
	        !read_head(G_IO_STREAM(connection), head, error))
		return NULL;
	if (!g_str_has_prefix(head->str, "HTTP/1.1 101") && !g_str_has_prefix(head->str, "HTTP/1.1 200")) {
		head->str[strcspn(head->str, "\r")] = '\0';
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the engine does not open a terminal: %s",
		        head->str);
		return NULL;
	}
	return G_IO_STREAM(g_steal_pointer(&connection));
}

/* ---- WebSockets -------------------------------------------------------------------------------------------- */

struct HttpSocket {
	SoupWebsocketConnection *connection;
	GQueue messages; /* GBytes */
	GError *error;
	bool done;
};

static void message_came(SoupWebsocketConnection *connection, int type, GBytes *message, void *data)
{
	g_queue_push_tail(&((HttpSocket *)data)->messages, g_bytes_ref(message));
}

static void socket_failed(SoupWebsocketConnection *connection, GError *error, void *data)
{
	HttpSocket *socket = data;
	if (!socket->error)
		socket->error = g_error_copy(error);
}

static void socket_closed(SoupWebsocketConnection *connection, void *data)
{
	((HttpSocket *)data)->done = true;
}

static void socket_opened(GObject *session, GAsyncResult *result, void *data)
{
	HttpSocket *socket = data;
	socket->connection = soup.soup_session_websocket_connect_finish((SoupSession *)session, result, &socket->error);
	socket->done = true;
}

HttpSocket *http_socket_new(Http *http, const char *path, const char *const *protocols, GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, "GET", path, NULL, NULL, error);
	g_autoptr(HttpSocket) socket = g_new0(HttpSocket, 1);
	g_queue_init(&socket->messages);
	if (!message)
		return NULL;
	soup.soup_session_websocket_connect_async(
	        http->session, message, NULL, (char **)protocols, G_PRIORITY_DEFAULT, NULL, socket_opened, socket);
	while (!socket->done)
		g_main_context_iteration(NULL, TRUE);
	if (!socket->connection) {
		uint32_t status = soup.soup_message_get_status(message);
		g_propagate_error(error, g_steal_pointer(&socket->error));
		if (status)
			g_prefix_error(error, "%u %s: ", status, soup.soup_message_get_reason_phrase(message));
		return NULL;
	}
	socket->done = false;
	soup.soup_websocket_connection_set_max_incoming_payload_size(socket->connection, 16 << 20);
	g_signal_connect(socket->connection, "message", G_CALLBACK(message_came), socket);
	g_signal_connect(socket->connection, "error", G_CALLBACK(socket_failed), socket);
	g_signal_connect(socket->connection, "closed", G_CALLBACK(socket_closed), socket);
	return g_steal_pointer(&socket);
}

void http_socket_free(HttpSocket *socket)
{
	if (!socket)
		return;
	if (socket->connection) {
		g_signal_handlers_disconnect_by_data(socket->connection, socket);
		if (soup.soup_websocket_connection_get_state(socket->connection) == SOUP_WEBSOCKET_STATE_OPEN)
			soup.soup_websocket_connection_close(socket->connection, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
		g_object_unref(socket->connection);
	}
	g_queue_clear_full(&socket->messages, (GDestroyNotify)g_bytes_unref);
	g_clear_error(&socket->error);
	g_free(socket);
}

const char *http_socket_protocol(const HttpSocket *socket)
{
	return soup.soup_websocket_connection_get_protocol(socket->connection);
}

void http_socket_send(HttpSocket *socket, const void *bytes, size_t length)
{
	if (soup.soup_websocket_connection_get_state(socket->connection) == SOUP_WEBSOCKET_STATE_OPEN)
		soup.soup_websocket_connection_send_binary(socket->connection, bytes, length);
}

static gboolean time_is_over(void *over)
{
	*(bool *)over = true;
	return G_SOURCE_REMOVE;
}

GBytes *http_socket_receive(HttpSocket *socket, uint32_t seconds, GError **error)
{
	bool over = false;
	guint clock = seconds ? g_timeout_add_seconds(seconds, time_is_over, &over) : 0;
	while (g_queue_is_empty(&socket->messages) && !socket->done && !socket->error && !over)
		g_main_context_iteration(NULL, TRUE);
	if (clock && !over)
		g_source_remove(clock);
	GBytes *message = g_queue_pop_head(&socket->messages);
	if (!message && socket->error)
		g_propagate_error(error, g_steal_pointer(&socket->error));
	return message;
}

char *http_escape(const char *word)
{
	return g_uri_escape_string(word, NULL, FALSE);
}

bool http_split(const char *url, char **ret_origin, char **ret_path)
{
	bool known = g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://");
	const char *host = known ? strstr(url, "://") + 3 : NULL;
	if (!host || *host == '\0')
		return false;
	size_t length = strcspn(host, "/?#");
	*ret_origin = g_strndup(url, (size_t)(host - url) + length);
	*ret_path = host[length] == '/' ? g_strdup(host + length) : g_strconcat("/", host + length, NULL);
	return true;
}
