/* Inside of the engine; only the files of src/engine include this. */
#pragma once

#include "engine/engine.h"

#define LABEL_PROJECT "labwright.project"
#define LABEL_NAMESPACE "labwright.namespace"
#define LABEL_WORKLOAD "labwright.workload"
#define LABEL_POD "labwright.pod"
#define LABEL_CONTAINER "labwright.container"
#define LABEL_ROLE "labwright.role"
#define LABEL_HASH "labwright.hash"
#define LABEL_PROBE "labwright.probe"
#define LABEL_ONCE "labwright.once"
#define LABEL_BEFORE_STOP "labwright.before-stop"
#define LABEL_CREATE "labwright.create" /* of a mount: its folder is made where it is missing */
#define LABEL_PRECIOUS "labwright.precious"
#define LABEL_FRESH "labwright.fresh" /* of a volume: it goes with its container */
#define PAUSE_IMAGE "labwright.local/pause:1"

/* A Podman that was looking at a process when it ended: asked once more it knows. */
bool engine_was_surprised(const Engine *engine, const GError *error);

/* ---- making units; wanted.c --------------------------------------------------------------------------------- */

Unit *unit_new(const char *name, Span place);
void unit_need(Unit *unit, const char *other, NeedState state);
void wanted_problem(Wanted *wanted, Span place, bool blocking, const char *format, ...) G_GNUC_PRINTF(4, 5);
void wanted_volume(Wanted *wanted, const char *name, Json *take_body, bool precious); /* body may be NULL */
void wanted_file(Wanted *wanted, const char *store, GBytes *take_bytes, uint32_t mode, bool secret);
void wanted_network(Wanted *wanted, const char *name);

/* ---- from manifests ------------------------------------------------------------------------------------------- */

/* What the makers of pods, containers and Services share. */
typedef struct Making {
	Wanted *wanted;
	const WantedOptions *options;
	const Graph *graph;
	GHashTable *objects; /* "Kind/namespace/name" → Json, borrowed */
	GPtrArray *pods;     /* MadePod */
} Making;

/* A pod as it was made: who answers for it on the network, and what Services can tell of it. */
typedef struct MadePod {
	char *namespace, *name;
	const Json *labels, *spec; /* borrowed from the manifests */
	Unit *network;             /* the container that holds the pod's network */
	GPtrArray *units;          /* Unit: its main containers; borrowed */
	Span place;
} MadePod;

typedef struct PodOrder {
	const char *namespace, *workload, *name;
	const Json *template;
	const Json *claims; /* volumeClaimTemplates, or NULL */
	Span place;
	bool once, job;  /* it ends; it is only made when somebody asks */
	bool is_job;     /* of a Job or CronJob, which makes a pod that failed once more */
	int64_t retries; /* backoffLimit */
} PodOrder;

Json *making_find(const Making *making, const char *kind, const char *namespace, const char *name);
void make_pod(Making *making, const PodOrder *order);
void made_pod_free(void *data);
/* Environment of a container, "NAME=value" each, and its command with $(NAME) filled in. */
void make_environment(Making *making, const PodOrder *order, const Json *container, Unit *unit);
/* Volumes of a pod as mounts of a container. */
void make_mounts(Making *making, const PodOrder *order, const Json *container, bool shared, Unit *unit);
/* The volume that holds one folder of a claim, where each mount of the claim takes a folder of its own; NULL elsewhere.
 * volume: the pod's name for the claim. Free with g_free. */
char *claim_folder(
        const Making *making, const PodOrder *order, const char *volume, const char *claim, const char *folder);
/* A path that stays below where it is looked up: no "..", no leading slash, not empty. */
bool is_sane_key(const char *key);
/* Services: names on the network, published ports, proxies. */
void make_services(Making *making, const GArray *manifests);
/* A quantity of Kubernetes times a scale; 0 for none. */
int64_t amount(const Json *map, const char *name, int64_t scale);
/* The number of a container port by its name or itself; 0 for none. */
uint16_t port_number(const Json *spec, const Json *port);
char *container_name(const Making *making, const char *namespace, const char *pod, const char *container);
/* Each value of a ConfigMap's or Secret's key, decoded: called in the order of keys. */
bool config_value(const Json *object, const char *key, GBytes **ret_bytes);
bool service_selects(const Json *service, const Json *labels);
/* protocol and address may be NULL: TCP, every address. */
void publish_port(Unit *unit, uint16_t inside, const char *protocol, const char *address, uint16_t on_host);

/* ---- from compose files ------------------------------------------------------------------------------------------ */

/* A compose file with all that it brings in. */
typedef struct ComposeProject {
	Wanted *wanted;
	const WantedOptions *options;
	const Graph *graph;
	const char *path;       /* of the file that was named, below the root */
	char *folder, *project; /* below the root; of networks and volumes */
	Json *root;             /* services, networks, volumes, …, with all variables filled in */
	GHashTable *variables;  /* name → value: of `.env` beside it, and where labwright runs */
	GHashTable *places;     /* service → its node in the graph */
	GHashTable *included;   /* variables of included files, which only their env files see */
	Span place;
} ComposeProject;

/* A service of it, on its way to a unit. */
typedef struct ComposeService {
	const ComposeProject *compose;
	const char *name;
	const Json *json;
	Unit *unit;
	Json *host; /* HostConfig of the unit's body */
} ComposeService;

/* Of a service, in whichever file; of the file that was named, where no service is called so. */
Span compose_place(const ComposeProject *project, const char *service);
void compose_publish(const ComposeService *service); /* ports */
void compose_join(const ComposeService *service);    /* networks, links, names */

/* Sets root and variables; path, folder, places and what is borrowed are the caller's. */
bool compose_assemble(ComposeProject *project, GError **error);
/* Adds the variables of a file beside the compose file; false if there is none. */
bool compose_read_env(const ComposeProject *project, const char *written, GHashTable *into);

/* ---- the API ---------------------------------------------------------------------------------------------------- */

/* Before all others here; an error where the library is missing. */
bool archive_load(GError **error);
/* A tar of one folder with a mode and a group (-1: none), for PUT …/archive. */
GBytes *archive_folder(const char *name, uint32_t mode, int group);
/* One file of a name and mode. */
GBytes *archive_file(const char *name, const void *bytes, size_t length, uint32_t mode);
/* A folder of this machine, what its .dockerignore leaves out left out; paths and links as they are. */
GBytes *archive_tree(const char *folder, const char *dockerfile, GError **error);
/* Of what the API says of a container: its name, without the slash that Docker puts before it, or "". Borrowed. */
const char *live_name(const Json *there);
char *escape(const char *word);      /* for a path of the API; free with g_free */
char *image_id(const char *written); /* in one form, whoever wrote it; NULL for NULL; free with g_free */
/* What cuts short commands in containers and connections to them, until it is NULL again: who waits for an answer that
 * may never come is let go by Ctrl-C. Borrowed. */
void engine_set_interrupt(Engine *engine, GCancellable *interrupt);
GCancellable *engine_interrupt(const Engine *engine);
/* POST of bytes with the answer as a stream. */
GInputStream *engine_stream_bytes(Engine *engine, const char *path, GBytes *bytes, const char *type, GError **error);

/* ---- making it so ------------------------------------------------------------------------------------------------ */

#define THREADS 8

typedef enum UnitState { STATE_WAITS, STATE_STARTED, STATE_READY, STATE_DONE, STATE_FAILED } UnitState;

/* One run of `up`, shared by its threads. */
typedef struct Applying {
	const Rollout *rollout;
	Engine *engine;
	const ApplyOptions *options;
	ApplyResult *result;
	GMutex lock;
	GCond changed;
	GHashTable *states; /* unit name → UnitState */
	GPtrArray *left;    /* char *: ids that could not be removed while others hung on them */
} Applying;

/* One step of it, and the thread's own connection. */
typedef struct Work {
	Applying *applying;
	Engine *engine;
	const Change *step;
	char *words; /* the last lines that a container wrote which failed */
	bool ended;  /* what failed was a program that ended, and nothing of the engine's */
} Work;

void work_tell(const Work *work, ApplyPhase phase, const char *why);
bool work_is_cancelled(const Work *work);

/* The manifest's imagePullPolicy, or what outweighs it: a word of the command line or of labwright.yaml. */
PullPolicy pull_policy(const Work *work);
/* Makes sure that the unit's image is there, as new as its policy wants it. */
bool ensure_image(Work *work, GError **error);
/* The image is another by now than the one that the step's container was made of. */
bool is_outdated(const Work *work);
/* What hangs on a container that is made anew is made anew, too; rollout.c. */
void rollout_follow(Rollout *rollout);

/* A request without a body; the path is a format. */
bool act(Engine *engine, GError **error, const char *method, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The id of a new container, with its networks and folders; free with g_free. It may be there even where NULL says that
 * it is not whole. */
char *container_create(Work *work, const char *name, GError **error);
bool container_start(Work *work, const char *id, GError **error);
bool container_stop(Engine *engine, const LiveContainer *container, GError **error);
bool container_discard(Engine *engine, const char *id); /* with its volumes that have no name */
/* Those of the project's that lived as long as a container, and whose container is gone. */
void remove_fresh_volumes(Engine *engine, const char *project);
