/* An HTTP client by libsoup: one server, over a Unix socket or TCP. Calls block; a client belongs to one thread at a
 * time, and who wants several requests at once opens several. */
#pragma once

#include "base/slice.h"

#include <gio/gio.h>

typedef struct Http Http;

/* address is the path of a socket ("/run/docker.sock") or "http://host:port". patience: seconds without a byte after
 * which a request fails, 0 for ever. Nothing is connected yet. */
Http *http_new(const char *address, uint32_t patience);
/* The same for a server whose certificate nobody looks at, as kubelets do with probes. */
Http *http_new_trusting(const char *address, uint32_t patience);

/* Who both sides are, for https; every text may be NULL, and is copied. */
typedef struct HttpIdentity {
	const char *authorities; /* PEM: these are trusted and no others; NULL: the system's */
	const char *certificate; /* PEM: the client's certificate and its key */
	const char *server_name; /* which the server's certificate holds, where that is not the address's */
	const char *proxy;       /* "http://host:port", "socks5://host:port"; NULL: as the environment says */
	bool trusting;           /* the server's certificate is not looked at */
	bool repeatable;         /* whatever is asked of it may be asked twice, so that connections are used again */
	bool plain;              /* answers are not to be packed: the way is shorter than packing takes */
} HttpIdentity;

/* The same with certificates; address is "https://host:port". NULL with an error that says which text is no PEM. */
Http *http_new_known(const char *address, uint32_t patience, const HttpIdentity *identity, GError **error);
/* A header line of all later requests; a value of NULL takes it away. */
void http_set_header(Http *http, const char *name, const char *value);
void http_free(Http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Http, http_free)

typedef struct HttpReply {
	uint32_t status;
	uint32_t retry_after; /* seconds that the server asks for, 0 if it does not */
	GBytes *body;
	uint32_t distrust;   /* GTlsCertificateFlags: what is wrong with the server's certificate, of http_ask */
	GHashTable *headers; /* small letters to values, of http_ask_with; or NULL */
} HttpReply;

void http_reply_clear(HttpReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpReply, http_reply_clear)

/* Asks and reads the whole answer, whatever its status. path begins with a slash and holds the query. body may be NULL,
 * as may its type. An error is one of the connection: nobody listens, cut off, no patience left. */
bool http_ask(Http *http, const char *method, const char *path, GBytes *body, const char *type, HttpReply *ret_reply,
        GError **error);

/* The same without a body and with headers: name, value, name, value, NULL. */
bool http_ask_with(Http *http, const char *method, const char *path, const char *const *headers, HttpReply *ret_reply,
        GError **error);

/* The same with the answer as a stream, for what has no end of its own. A status of 400 and more is an error that says
 * the answer's text. cancellable may be NULL. Free with g_object_unref. */
GInputStream *http_open(Http *http, const char *method, const char *path, GBytes *body, const char *type,
        GCancellable *cancellable, GError **error);

/* Asks to turn the connection into a plain stream of both directions (status 101 or 200), as `docker exec` does. Free
 * with g_object_unref. */
GIOStream *http_upgrade(Http *http, const char *path, GBytes *body, const char *type, GError **error);

/* The origin of a URL ("https://host:port") and its path with the query; false for what is no URL of HTTP. Free both.
 */
bool http_split(const char *url, char **ret_origin, char **ret_path);

/* A WebSocket, for one thread: it turns the main context of that thread while it waits, so that sources of the caller's
 * run meanwhile and may send. */
typedef struct HttpSocket HttpSocket;
/* protocols in the order of preference, NULL-terminated. */
HttpSocket *http_socket_new(Http *http, const char *path, const char *const *protocols, GError **error);
void http_socket_free(HttpSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpSocket, http_socket_free)
const char *http_socket_protocol(const HttpSocket *socket); /* the one that the server chose */
void http_socket_send(HttpSocket *socket, const void *bytes, size_t length);
/* The next message; NULL at the end and when seconds (0: for ever) have passed, with an error if the connection broke.
 * Free with g_bytes_unref. */
GBytes *http_socket_receive(HttpSocket *socket, uint32_t seconds, GError **error);

/* A word as a part of a path or query; free with g_free. */
char *http_escape(const char *word);
