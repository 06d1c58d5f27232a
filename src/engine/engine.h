/* Running what is wanted: containers on one machine, by the Docker Engine API (1.41), which Podman speaks too.
 *
 * Reading order: a Wanted is made of manifests or compose files (wanted_*), a pure function; engine_open finds who runs
 * containers here; live_new asks what runs; rollout_new compares the two; rollout_apply makes it so. labwright keeps no
 * process of its own: all state is in the labels of the containers, and the next `up` goes on from whatever it finds.
 */
#pragma once

#include "base/json.h"
#include "fact/fact.h"
#include "render/render.h"

#include <gio/gio.h>

/* ---- what is wanted -------------------------------------------------------------------------------------- */

typedef enum UnitRole { UNIT_PAUSE, UNIT_INIT, UNIT_MAIN, UNIT_PROXY } UnitRole;
/* NEED_READY: one that fails is not waited for any longer, and the program finds out for itself, as it would in a
 * cluster. NEED_HEALTHY: one that fails keeps the other from starting, as compose has it. */
typedef enum NeedState { NEED_STARTED, NEED_READY, NEED_HEALTHY, NEED_DONE } NeedState;
/* PULL_FLOATING: of a tag that moves, so it is pulled whenever it starts; what is built here is not built again. */
typedef enum PullPolicy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER, PULL_FLOATING } PullPolicy;
typedef enum ProbeKind { PROBE_NONE, PROBE_EXEC, PROBE_HTTP, PROBE_TCP, PROBE_ENGINE } ProbeKind;

/* How to ask a container whether it is ready; PROBE_ENGINE asks the engine, which runs the health check itself. */
typedef struct UnitProbe {
	ProbeKind kind;
	char **command; /* PROBE_EXEC */
	char *path;     /* PROBE_HTTP, with a slash */
	bool tls;       /* PROBE_HTTP; the certificate is not looked at, as kubelets do not */
	uint16_t port;
	uint32_t delay, period, timeout, failures; /* seconds; failures in a row that mean no */
} UnitProbe;

/* Bytes that must lie on the machine before the container starts, and are mounted at a path in it. */
typedef struct UnitFile {
	char *store; /* where below the project's folder: "core/ConfigMap/init/run.sh" */
	GBytes *bytes;
	uint32_t mode; /* 0644 */
	bool secret;   /* kept in memory only, never on a disk */
} UnitFile;

typedef struct UnitNeed {
	char *unit; /* name of another unit */
	NeedState state;
} UnitNeed;

/* One container. */
typedef struct Unit {
	char *name;                 /* of the container */
	char *namespace, *workload; /* "core"; "StatefulSet/postgres", "Service/web", or a compose service's name */
	char *pod, *container;      /* "postgres-0", "postgres" */
	UnitRole role;
	Json *body;          /* of POST /containers/create */
	GPtrArray *needs;    /* UnitNeed */
	GPtrArray *networks; /* char *: further networks to join, aliases as in the body's first */
	UnitProbe ready;
	uint32_t patience;                 /* seconds in which it has to become ready */
	char **after_start, **before_stop; /* hooks that are run in the container, or NULL */
	uint32_t grace;                    /* seconds between the signal to stop and the kill */
	GPtrArray *hidden;                 /* char *: variables whose values came from Secrets */
	GPtrArray *owned;                  /* char *, "path gid": volumes whose top folder belongs to a group */
	bool once;                         /* it may end: a Job, an init container, a pod that is not restarted */
	bool awaited;                      /* its end is waited for; else it counts as ready while it runs */
	bool repeated;                     /* what has ended is started again by the next `up`, as compose does */
	uint32_t again;                    /* so many times it is made anew when it has failed */
	PullPolicy pull;                   /* of its image, whenever it starts */
	Span place;                        /* of the container in its file */
} Unit;

typedef struct WantedVolume {
	char *name;
	Json *body;    /* of POST /volumes/create */
	bool precious; /* holds what must outlive the pods */
} WantedVolume;

typedef struct WantedImage {
	char *image;
	char *context, *dockerfile, *target; /* below the root of the repository */
	Json *arguments;                     /* of the build, or NULL */
	Span place;
} WantedImage;

/* Something a manifest asks that is not done here. A blocking one stops `up` before anything starts. */
typedef struct WantedProblem {
	Span place;
	char *text;
	bool blocking;
} WantedProblem;

typedef struct Wanted {
	char *project;
	GPtrArray *units;    /* Unit, those that others need first */
	GPtrArray *networks; /* char * */
	GPtrArray *volumes;  /* WantedVolume */
	GPtrArray *images;   /* WantedImage: made here */
	GHashTable *files;   /* store → UnitFile */
	GPtrArray *jobs;     /* Unit: run by hand or by a clock: CronJobs */
	GArray *problems;    /* WantedProblem */
} Wanted;

typedef struct WantedOptions {
	const char *project;         /* [a-z0-9][a-z0-9_-]* */
	const char *store;           /* folder for files of ConfigMaps; absolute */
	const char *secrets;         /* folder in memory for those of Secrets; absolute */
	const char *listen;          /* address for node ports and load balancers: "127.0.0.1" */
	const char *proxy_image;     /* HAProxy, for Services with several pods or another port than their pods' */
	const char *root;            /* of the repository on this machine, for bind mounts of compose files */
	char **environment;          /* for ${VARIABLE} of compose files, "NAME=value" */
	const char *const *profiles; /* of compose files; NULL-terminated, or NULL */
} WantedOptions;

Wanted *wanted_new(const WantedOptions *options);
void wanted_free(Wanted *wanted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wanted, wanted_free)

/* Adds what manifests ask. secrets: further objects that are not in Git, or NULL. graph is only for places. */
void wanted_add_manifests(Wanted *wanted, const WantedOptions *options, const Graph *graph, const GArray *manifests,
        const GArray *secrets);
/* Adds the services of a compose file. path is below the root. */
bool wanted_add_compose(
        Wanted *wanted, const WantedOptions *options, const Graph *graph, const char *path, GError **error);
/* Images that units want and services of this compose file say how to build. The services need not run, and what is
 * wrong with them is not said. */
void wanted_add_builds(Wanted *wanted, const WantedOptions *options, const Graph *graph, const char *path);
/* Sorts by needs, hashes, and finds what contradicts itself; to be called once, last. */
void wanted_finish(Wanted *wanted, const WantedOptions *options);
/* Everything as JSON: what --dry-run --format json prints, and what tests compare. Values of secrets are not in it. */
Json *wanted_json(const Wanted *wanted, const Graph *graph);
const char *unit_hash(const Unit *unit); /* label of the body */
Json *unit_shown(const Unit *unit);      /* a copy of the body without what Secrets hold */
/* The value of a variable in a list of "NAME=value"; NULL if it is not there. */
const char *env_value(const Json *list, const char *name, size_t length);
Unit *wanted_find(const Wanted *wanted, const char *name);

/* ---- who runs it ----------------------------------------------------------------------------------------- */

typedef struct Engine Engine;

/* What the owner says of the engine; NULL and 0 where nothing is said. */
typedef struct EngineChoice {
	char *host, *context;       /* "unix:///run/podman/podman.sock"; the name of a docker context */
	char *listen, *proxy_image; /* as in WantedOptions */
	PullPolicy pull;
	uint32_t parallel; /* containers that are seen to at a time */
} EngineChoice;
void engine_choice_clear(EngineChoice *choice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EngineChoice, engine_choice_clear)

/* DOCKER_HOST, what the choice says, the current docker context, then the usual sockets of Docker and Podman, rootful
 * and rootless. choice may be NULL. The error names each place that was tried and why it did not answer. */
Engine *engine_open(const EngineChoice *choice, GError **error);
/* Another connection to the same engine, for another thread. */
Engine *engine_again(const Engine *engine);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

const char *engine_name(const Engine *engine); /* "Docker 20.10.24" */
bool engine_is_podman(const Engine *engine);
const char *engine_architecture(Engine *engine); /* as images call it; asked once */

/* One request; path is below the version: "/containers/json?all=1". Free the value with json_drop; NULL with an error
 * that says the engine's own words, in code the status. */
Json *engine_get(Engine *engine, const char *path, GError **error);
/* ret may be NULL. body is borrowed and may be NULL. */
bool engine_send(Engine *engine, const char *method, const char *path, const Json *body, Json **ret, GError **error);
/* Sends bytes of a type. */
bool engine_put(Engine *engine, const char *method, const char *path, GBytes *bytes, const char *type, GError **error);
GInputStream *engine_stream(Engine *engine, const char *method, const char *path, const Json *body,
        GCancellable *cancellable, GError **error);
GIOStream *engine_talk(Engine *engine, const char *path, const Json *body, GError **error);
/* The engine answered with this status. */
bool engine_said(const GError *error, uint32_t status);
GQuark engine_error_quark(void);

/* Pulls, or builds from the folder `root`/context; line by line to say, which may be NULL. */
typedef void (*EngineSay)(const char *line, void *data);
bool engine_pull(Engine *engine, const char *image, EngineSay say, void *data, GError **error);
bool engine_build(
        Engine *engine, const WantedImage *image, const char *root, EngineSay say, void *data, GError **error);
bool engine_has_image(Engine *engine, const char *image, bool *ret_has, GError **error);
/* What the name stands for now, as LiveContainer.made_of has it; NULL where it is not there. Free with g_free. */
char *engine_image_id(Engine *engine, const char *image);
/* Names with tags of all images that are there, as the engine writes them. Free with g_ptr_array_unref. */
GPtrArray *engine_images(Engine *engine);
/* Makes sure that the image of the pause container is there. */
bool engine_make_pause(Engine *engine, GError **error);

/* Runs a command in a container and waits for it. Output is cut at 64 KiB. timeout in seconds. */
bool engine_exec(Engine *engine, const char *container, const char *const *command, uint32_t timeout, int *ret_code,
        char **ret_output, GError **error);

/* The last lines of a container's output, both streams in their order, as one text; free with g_free. */
char *engine_logs(Engine *engine, const char *container, uint32_t lines, GError **error);

/* A frame of a log stream of the API, or of a raw one (a container with a terminal): up to `most` bytes. 0 at the end,
 * -1 with an error. ret_stream: 1 output, 2 error output. */
typedef struct LogReader {
	GInputStream *stream;
	GCancellable *cancellable; /* or NULL */
	bool raw;
	uint32_t left;
	int from;
} LogReader;
/* Whether a container has one, so that its stream is raw. */
bool container_has_terminal(Engine *engine, const char *container);
gssize log_read(LogReader *reader, char *into, size_t most, int *ret_stream, GError **error);

/* ---- what runs --------------------------------------------------------------------------------------------- */

typedef enum LiveState { LIVE_CREATED, LIVE_RUNNING, LIVE_PAUSED, LIVE_RESTARTING, LIVE_EXITED, LIVE_DEAD } LiveState;
typedef enum Readiness { READY_UNKNOWN, READY_NO, READY_YES } Readiness;

typedef struct LiveContainer {
	char *id, *name, *image, *hash;
	char *made_of;                                /* the image's id when it was made */
	char *namespace, *workload, *pod, *container; /* of the labels */
	char **before_stop;
	UnitRole role;
	LiveState state;
	Readiness ready;
	bool once, killed_for_memory;
	int exit_code;
	uint32_t restarts, grace;      /* seconds between the signal to stop and the kill */
	gint64 started, finished;      /* seconds since 1970; 0 never */
	char *error;                   /* the engine's words about why it did not start */
	char *why;                     /* it is not ready, as live_probe was told; or NULL */
	char *address, *network;       /* on the project's network, or NULL; the network mode as it was asked */
	GPtrArray *ports;              /* char *: "127.0.0.1:8080->80/tcp" */
	uint64_t memory, memory_limit; /* bytes; 0 not asked, or none */
	double cpu;                    /* of one processor; negative: not asked */
	UnitProbe probe;               /* how it is asked, from a label */
	char *word, *node;             /* a cluster's word for its state ("CrashLoopBackOff") and machine; or NULL */
} LiveContainer;

typedef struct Live {
	GPtrArray *containers; /* LiveContainer, by name */
} Live;

/* All containers with the project's label, looked at one by one; project NULL: of all projects. */
Live *live_new(Engine *engine, const char *project, GError **error);
/* The same for who changes what runs. Podman that was killed while it made or removed a container may keep one without
 * files, and then lists none of them at all: such containers of the project are taken away first; their volumes stay.
 * brief: of those that run only what the list says, which is all that rollout_new asks: id, name, image, labels and
 * state; no address, network, port, limit, restart or time. */
Live *live_mended(Engine *engine, const char *project, bool brief, GError **error);
/* One without containers, for who reads them elsewhere, and another container in it. */
Live *live_new_empty(void);
LiveContainer *live_add(Live *live);
void live_sort(Live *live);
void live_free(Live *live);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Live, live_free)
/* One container by its name or id. */
Live *live_one(Engine *engine, const char *name, GError **error);
gint64 live_time(const char *text); /* RFC 3339 as seconds since 1970; 0 for none and for "0001-01-01T00:00:00Z" */
/* Runs and is not known to be unready, or has ended as it should. */
bool live_is_well(const LiveContainer *container);
/* "running", "exited": the state in one word. */
const char *live_state_word(LiveState state);
LiveContainer *live_find(const Live *live, const char *name);
/* Asks each running container whether it is ready, side by side; takes three seconds where one does not answer. */
void live_probe(Live *live, Engine *engine);
/* Memory and processor use, side by side. */
void live_measure(Live *live, Engine *engine);
/* One probe; READY_UNKNOWN where the container cannot be reached from here. ret_why may be NULL; free it with g_free.
 */
Readiness probe_ask(Engine *engine, const LiveContainer *container, const UnitProbe *probe, char **ret_why);
void probe_clear(UnitProbe *probe);
char *probe_label(const UnitProbe *probe); /* as a label's text, and back */
UnitProbe probe_parse(const char *label);

/* ---- what differs -------------------------------------------------------------------------------------------- */

/* One thing in which a container is otherwise than what is wanted. No value of a Secret is in the text. */
typedef struct UnitDrift {
	const Unit *unit;
	char *text;      /* "web-0: image is redis:7 on this machine and redis:8 here" */
	gint64 made;     /* when the container was made, in seconds since 1970; 0: there is none */
	bool by_hand;    /* labwright made the container just so, and somebody changed it since */
	bool by_compose; /* compose made it */
} UnitDrift;

/* A container that no file asks for. */
typedef struct Stranger {
	char *name, *image, *origin; /* "by compose project adguard of /opt/adguard" */
	gint64 made;
	bool runs, inside; /* inside: labwright made it for this project, or compose of a folder below the root */
} Stranger;

typedef struct EngineDrift {
	GPtrArray *units;     /* UnitDrift, by the names of units */
	GPtrArray *strangers; /* Stranger, by name */
	uint32_t seen;        /* units of which there is a container */
	uint32_t own, others; /* containers of this project, and of labwright's other ones, which are left alone */
} EngineDrift;
void engine_drift_clear(EngineDrift *drift);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EngineDrift, engine_drift_clear)

/* Holds what runs against what is wanted. Containers that compose made of files below the root count as those of their
 * services. complete: all Secrets are known, so that what no file gives was set by somebody. Nothing is changed. */
bool engine_compare(Engine *engine, const Wanted *wanted, const Graph *graph, const char *root, bool complete,
        EngineDrift *ret_drift, GError **error);

/* ---- archives ------------------------------------------------------------------------------------------------- */

/* Writes the files of a compressed tar below the folder. False, with the reason, where it holds more of them or of
 * their bytes, anything but files and folders, or a path that leads out. */
bool archive_unpack(const char *path, const char *folder, uint32_t files, size_t bytes, GError **error);

/* ---- from one to the other ----------------------------------------------------------------------------------- */

typedef enum ChangeKind { CHANGE_KEEP, CHANGE_CREATE, CHANGE_REPLACE, CHANGE_START, CHANGE_REMOVE } ChangeKind;

typedef struct Change {
	ChangeKind kind;
	const Unit *unit;          /* NULL for CHANGE_REMOVE */
	const LiveContainer *live; /* NULL for CHANGE_CREATE */
	const char *why;           /* "image", "environment", …; static */
} Change;

typedef struct Rollout {
	const Wanted *wanted;
	const Live *live;
	GArray *steps;      /* Change, in the order of the wanted units; removals last */
	GHashTable *images; /* which images were brought already */
} Rollout;

/* only: names of workloads, NULL-terminated, or NULL for all. Containers of the project that nobody wants any more are
 * removed only where all are meant. */
Rollout *rollout_new(const Wanted *wanted, const Live *live, const char *const *only);
void rollout_free(Rollout *rollout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rollout, rollout_free)
uint32_t rollout_changes(const Rollout *rollout);
/* Whether a word names it: "postgres", "core/postgres", "StatefulSet/postgres", "postgres-0". */
bool unit_is_meant(const Unit *unit, const char *const *only);
bool container_is_meant(const LiveContainer *container, const char *const *only);

typedef enum ApplyPhase {
	APPLY_IMAGE,
	APPLY_CREATES,
	APPLY_STARTS,
	APPLY_PROBES,
	APPLY_NOTES, /* why says what comes between: it has failed and is made once more */
	APPLY_READY,
	APPLY_DONE, /* it has ended, as it should */
	APPLY_STARTED,
	APPLY_FAILED,
	APPLY_REMOVED
} ApplyPhase;

typedef struct ApplyOptions {
	const char *root; /* of the repository, for builds */
	bool wait;        /* until all are ready */
	bool keep;        /* where a new container does not start, the one that it was to replace comes back */
	PullPolicy pull;
	uint32_t parallel; /* 0: eight */
	/* Called from several threads, one at a time; why may be NULL. */
	void (*tell)(const Change *step, ApplyPhase phase, const char *why, void *data);
	void *data;
	GCancellable *cancellable;
} ApplyOptions;

/* What became of it: by unit name, why it failed. */
typedef struct ApplyResult {
	GHashTable *failed; /* unit name → char * why */
	GHashTable *words;  /* of those that failed: unit name → the last lines that they wrote */
	uint32_t created, replaced, started, removed, kept;
} ApplyResult;
void apply_result_clear(ApplyResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApplyResult, apply_result_clear)

/* Brings all images as options->pull says, and makes anew what would be kept and runs on an older one. What cannot be
 * brought is told and stays as it is. */
void rollout_renew(Rollout *rollout, Engine *engine, const ApplyOptions *options);
/* Makes it so. A container that is replaced runs until its follower has been made, and comes back if that does not
 * start. False for what ended the work as a whole; single failures are in the result. */
bool rollout_apply(
        const Rollout *rollout, Engine *engine, const ApplyOptions *options, ApplyResult *ret_result, GError **error);

/* Runs these units of wanted->jobs once more, whatever became of them before. */
bool jobs_apply(const Wanted *wanted, GPtrArray *units, Engine *engine, const ApplyOptions *options,
        ApplyResult *ret_result, GError **error);

/* Stops and removes the project's containers and networks; its volumes only when asked. only: names of workloads,
 * NULL-terminated, or NULL for all; with names, networks and volumes stay. */
bool engine_down(Engine *engine, const char *project, const char *const *only, bool volumes,
        const ApplyOptions *options, uint32_t *ret_removed, GError **error);
