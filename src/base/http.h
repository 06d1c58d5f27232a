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
void http_free(Http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Http, http_free)

typedef struct HttpReply {
	uint32_t status;
	GBytes *body;
	GHashTable *headers; /* name in small letters → value */
} HttpReply;

void http_reply_clear(HttpReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpReply, http_reply_clear)

/* Asks and reads the whole answer, whatever its status. path begins with a slash and holds the query. body may be NULL,
 * as may its type. An error is one of the connection: nobody listens, cut off, no patience left. */
bool http_ask(Http *http, const char *method, const char *path, GBytes *body, const char *type, HttpReply *ret_reply,
        GError **error);

/* The same with the answer as a stream, for what has no end of its own. A status of 400 and more is an error that says
 * the answer's text. cancellable may be NULL. Free with g_object_unref. */
GInputStream *http_open(Http *http, const char *method, const char *path, GBytes *body, const char *type,
        GCancellable *cancellable, GError **error);

/* Asks to turn the connection into a plain stream of both directions (status 101 or 200), as `docker exec` does. Free
 * with g_object_unref. */
GIOStream *http_upgrade(Http *http, const char *path, GBytes *body, const char *type, GError **error);

/* A word as a part of a path or query; free with g_free. */
char *http_escape(const char *word);
