/* Chains of causes. The symptom comes from the engine and the program's last words; each next link is asked of what is
 * wanted, what runs, and the findings of `check`, which know both sides of a fault already; the history names the
 * commit. Nothing is guessed: where no link follows, the chain ends and says so. */
#include "flow/cause.h"

#include "base/error.h"
#include "flow/git.h"
#include "flow/symptom.h"

#include <stdio.h>
#include <sys/statvfs.h>

#define MOST_DEPTH 4 /* containers that wait for each other */

typedef struct Chain {
	const Homelab *homelab;
	const Check *check;
	Engine *engine;
	Live *live;
	Cause *cause;
	uint32_t depth;
} Chain;

static void step_free(void *data)
{
	CauseStep *step = data;
	g_free(step->text);
	g_free(step->place);
	g_free(step);
}

void cause_free(Cause *cause)
{
	if (!cause)
		return;
	g_free(cause->title);
	g_free(cause->mend);
	g_ptr_array_unref(cause->steps);
	g_free(cause);
}

Cause *cause_new_empty(char *take_title)
{
	Cause *cause = g_new0(Cause, 1);
	cause->steps = g_ptr_array_new_with_free_func(step_free);
	cause->title = take_title;
	return cause;
}

void cause_add(Cause *cause, char *take_place, char *take_text)
{
	CauseStep *step = g_new0(CauseStep, 1);
	step->text = take_text;
	step->place = take_place;
	g_ptr_array_add(cause->steps, step);
}

static void add_step(Chain *chain, char *take_place, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void add_step(Chain *chain, char *take_place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	cause_add(chain->cause, take_place, g_strdup_vprintf(format, args));
	va_end(args);
}

static void set_mend(Chain *chain, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void set_mend(Chain *chain, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_free(chain->cause->mend);
	chain->cause->mend = g_strdup_vprintf(format, args);
	va_end(args);
	chain->cause->known = true;
}

static char *place_of(const Chain *chain, Span span)
{
	const Graph *graph = chain->homelab->scan->graph;
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	return g_strdup_printf("%s:%u", graph_file_path(graph, span.file), line);
}

/* ---- history -------------------------------------------------------------------------------------------------------
 */

/* "1a2b3c4d5e 2026-09-01 Anna: subject" of the commit that brought a line; NULL where Git does not tell. */
static char *commit_of(const Chain *chain, Span span)
{
	const Graph *graph = chain->homelab->scan->graph;
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	g_autofree char *range = g_strdup_printf("%u,%u", line, line), *blamed = NULL, *told = NULL;
	const char *const blame[] = {
	        "blame", "--porcelain", "-L", range, "--", graph_file_path(graph, span.file), NULL};
	g_autoptr(GPtrArray) words = git_words(blame);
	if (!git_run(chain->homelab->scan->repo, words, &blamed, NULL) || strlen(blamed) < 40 ||
	        g_str_has_prefix(blamed, "0000000"))
		return NULL;
	g_autofree char *commit = g_strndup(blamed, 40);
	const char *const show[] = {"show", "--no-patch", "--date=short", "--format=%h %ad %an: %s", commit, NULL};
	g_autoptr(GPtrArray) more = git_words(show);
	if (!git_run(chain->homelab->scan->repo, more, &told, NULL))
		return NULL;
	return g_strdup(g_strstrip(told));
}

/* ---- findings
 * ----------------------------------------------------------------------------------------------------------- */

static bool mentions(const Finding *finding, const char *word)
{
	if (strstr(finding->message, word))
		return true;
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		if (strstr(finding->evidence[i].text, word))
			return true;
	return false;
}

/* The first finding of one of these rules that speaks of a word; words and rules in the order of their worth. */
static const Finding *find_finding(const Chain *chain, const char *const *rules, const char *const *words)
{
	for (; *rules; rules++)
		for (const char *const *word = words; *word; word++)
			for (size_t i = 0; **word && i < chain->check->count; i++) {
				const Finding *finding = chain->check->findings[i];
				if (strcmp(finding->rule->id, *rules) == 0 && mentions(finding, *word))
					return finding;
			}
	return NULL;
}

/* Both sides of a finding as links, the commit of its place, and how it is mended. */
static void add_finding(Chain *chain, const Finding *finding)
{
	g_autofree char *commit = commit_of(chain, finding->span);
	for (uint32_t i = 0; i < finding->n_evidence && i < 3; i++)
		if (finding->evidence[i].span.file != finding->span.file ||
		        finding->evidence[i].span.start != finding->span.start)
			add_step(chain, place_of(chain, finding->evidence[i].span), "%s", finding->evidence[i].text);
	add_step(chain, place_of(chain, finding->span), "%s%s%s", finding->message, commit ? "; since commit " : "",
	        commit ? commit : "");
	if (finding->n_edits && finding->fix >= FIX_VALUE)
		set_mend(chain, "labwright fix%s --only %s", finding->fix == FIX_VALUE ? " --derive" : "",
		        finding->rule->id);
	else
		set_mend(chain, "%s", finding->hint ? finding->hint : finding->rule->remedy);
}

static bool add_found(Chain *chain, const char *const *rules, const char *const *words)
{
	const Finding *finding = find_finding(chain, rules, words);
	if (finding)
		add_finding(chain, finding);
	return finding != NULL;
}

/* ---- who is who
 * ----------------------------------------------------------------------------------------------------------- */

static const Unit *unit_of(const Chain *chain, const LiveContainer *container)
{
	return wanted_find(chain->homelab->wanted, container->name);
}

static bool has_alias(const Unit *unit, const char *host)
{
	JSON_MEMBERS (json_at(unit->body, "NetworkingConfig.EndpointsConfig"), network, endpoint)
		JSON_EACH (json_get(endpoint, "Aliases"), alias)
			if (network && g_strcmp0(json_text(alias), host) == 0)
				return true;
	return false;
}

/* Who answers to a host name asked from a namespace, as the resolver of its pods looks for it. */
static const Unit *unit_for_host(const Chain *chain, const char *host, const char *namespace)
{
	g_autofree char *local = g_strconcat(host, ".", namespace, NULL);
	const GPtrArray *units = chain->homelab->wanted->units;
	for (guint i = 0; i < units->len; i++)
		if (has_alias(units->pdata[i], host) || has_alias(units->pdata[i], local))
			return units->pdata[i];
	return NULL;
}

/* The Service of that name in another namespace. */
static const Unit *unit_elsewhere(const Chain *chain, const char *host, const char **ret_namespace)
{
	g_autofree char *first = g_strndup(host, strcspn(host, "."));
	const GPtrArray *units = chain->homelab->wanted->units;
	for (guint i = 0; i < units->len; i++) {
		const Unit *unit = units->pdata[i];
		g_autofree char *full = g_strconcat(first, ".", unit->namespace, NULL);
		if (has_alias(unit, full)) {
			*ret_namespace = unit->namespace;
			return unit;
		}
	}
	return NULL;
}

static const LiveContainer *container_at(const Chain *chain, const char *address)
{
	for (guint i = 0; i < chain->live->containers->len; i++) {
		const LiveContainer *container = chain->live->containers->pdata[i];
		if (g_strcmp0(container->address, address) == 0 && container->role != UNIT_PAUSE)
			return container;
	}
	return NULL;
}

/* The variable of a container that holds a word, with its place in the manifest. */
static const char *variable_with(const Unit *unit, const char *word, char **ret_name)
{
	JSON_EACH (json_get(unit->body, "Env"), entry) {
		const char *text = json_text(entry), *equals = text ? strchr(text, '=') : NULL;
		if (equals && strstr(equals, word)) {
			*ret_name = g_strndup(text, (size_t)(equals - text));
			return equals + 1;
		}
	}
	return NULL;
}

static void add_asked_by(Chain *chain, const Unit *unit, const char *host)
{
	g_autofree char *name = NULL;
	if (unit && variable_with(unit, host, &name))
		add_step(chain, place_of(chain, unit->place), "its variable %s names %s", name, host);
}

/* ---- links, by symptom
 * -------------------------------------------------------------------------------------------------------- */

static void explain_container(Chain *chain, const LiveContainer *container);

static void explain_module(Chain *chain, const LiveContainer *container, const char *module)
{
	static const char *const rules[] = {"ignore-hides-source", "copy-ignored-file", "copy-missing",
	        "import-unresolved", "requirement-missing", NULL};
	g_auto(GStrv) parts = g_strsplit(module ? module : "", ".", -1);
	g_autofree char *path = g_strjoinv("/", parts);
	const char *words[] = {path, module ? module : "", parts[0] ? parts[0] : "", NULL};
	if (!add_found(chain, rules, words))
		add_step(chain, NULL, "no file of the repository explains why %s is not in the image %s", module,
		        container->image);
}

static void explain_file(Chain *chain, const char *path)
{
	static const char *const rules[] = {
	        "copy-ignored-file", "copy-missing", "ignore-hides-source", "lacks-start", "build-file-missing", NULL};
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *words[] = {path, name, NULL};
	if (!add_found(chain, rules, words))
		add_step(chain, NULL,
		        "%s is not in the image or in a volume, and no file of the repository says that it should be",
		        path);
}

/* The named thing is not well itself: why that is so is the cause. */
static bool explain_other(Chain *chain, const Unit *other)
{
	const LiveContainer *container = live_find(chain->live, other->name);
	if (!container || container->state != LIVE_RUNNING || container->ready == READY_NO) {
		add_step(chain, place_of(chain, other->place), "%s/%s, which answers to that name, is itself not well",
		        other->namespace, other->pod);
		if (container && chain->depth < MOST_DEPTH)
			explain_container(chain, container);
		else if (!container)
			set_mend(chain, "labwright up --only %s/%s", other->namespace, other->pod);
		return true;
	}
	return false;
}

static void explain_host(Chain *chain, const LiveContainer *container, const char *host)
{
	static const char *const rules[] = {"service-dns-wrong", "hostname-drift", NULL};
	const char *words[] = {host, NULL}, *namespace = NULL;
	const Unit *unit = unit_of(chain, container);
	add_asked_by(chain, unit, host);
	if (add_found(chain, rules, words))
		return;
	const Unit *elsewhere =
	        unit_for_host(chain, host, container->namespace) ? NULL : unit_elsewhere(chain, host, &namespace);
	if (elsewhere) {
		g_autofree char *first = g_strndup(host, strcspn(host, "."));
		add_step(chain, place_of(chain, elsewhere->place),
		        "the Service %s is in namespace %s, and %s asks from %s", first, namespace, container->pod,
		        container->namespace);
		set_mend(chain, "name it as %s.%s", first, namespace);
		return;
	}
	const Unit *known = unit_for_host(chain, host, container->namespace);
	if (known && explain_other(chain, known))
		return;
	if (!known) {
		add_step(chain, NULL, "nothing that runs here answers to %s: no Service with pods has that name", host);
		set_mend(chain, "name a Service that exists, or add one called %s", host);
	}
}

/* Ports that a container listens on, asked of its own kernel table; empty where it cannot be asked. */
static GArray *listening(Engine *engine, const LiveContainer *container)
{
	GArray *ports = g_array_new(FALSE, FALSE, sizeof(guint));
	const char *const command[] = {"cat", "/proc/net/tcp", "/proc/net/tcp6", NULL};
	g_autofree char *text = NULL;
	int code;
	if (!engine_exec(engine, container->id, command, 3, &code, &text, NULL))
		return ports;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		unsigned number, port, state;
		char local[64];
		if (sscanf(*line, " %u: %63[0-9A-Fa-f]:%X %*s %X", &number, local, &port, &state) == 4 &&
		        state == 0x0A && !g_str_has_prefix(local, "0B00007F")) { /* Docker's own name server */
			bool seen = false;
			for (guint i = 0; i < ports->len; i++)
				seen |= g_array_index(ports, guint, i) == port;
			if (!seen)
				g_array_append_val(ports, port);
		}
	}
	return ports;
}

static char *ports_text(const GArray *ports)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < ports->len; i++)
		g_string_append_printf(out, "%s%u", i ? ", " : "", g_array_index(ports, guint, i));
	return g_string_free(out, FALSE);
}

static void explain_port(Chain *chain, const LiveContainer *other, guint port)
{
	static const char *const rules[] = {"port-drift", "service-port-mismatch", "probe-port-mismatch",
	        "port-not-exposed", "route-port-is-nodeport", "nodeport-drift", NULL};
	g_autofree char *number = g_strdup_printf("%u", port);
	const char *words[] = {number, NULL};
	g_autoptr(GArray) ports = listening(chain->engine, other);
	g_autofree char *text = ports_text(ports);
	if (ports->len)
		add_step(chain, g_strdup("its kernel's table"), "%s listens on %s and not on %u", other->pod, text,
		        port);
	else
		add_step(chain, NULL, "nothing in %s listens on %u", other->pod, port);
	if (!add_found(chain, rules, words) && ports->len)
		set_mend(chain, "ask port %s, or let the program listen on %u", text, port);
}

static void explain_refused(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	const char *host = symptom->subject ? symptom->subject : "";
	const Unit *unit = unit_for_host(chain, host, container->namespace ? container->namespace : "");
	const LiveContainer *other = unit ? live_find(chain->live, unit->name) : container_at(chain, host);
	if (strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.")) {
		add_asked_by(chain, unit_of(chain, container), host);
		add_step(chain, NULL, "%s is the container itself, where nothing listens on %u", host, symptom->port);
		set_mend(chain, "name the Service instead of %s", host);
		return;
	}
	if (unit)
		add_asked_by(chain, unit_of(chain, container), host);
	const Unit *answers = unit ? unit : other ? unit_of(chain, other) : NULL;
	if (answers && explain_other(chain, answers))
		return;
	if (other && symptom->port)
		explain_port(chain, other, symptom->port);
	else if (!other)
		add_step(chain, NULL, "%s is nothing that labwright runs here; whether it is up is not known", host);
}

static void explain_password(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	static const char *const rules[] = {"credential-name-drift", NULL};
	const char *user = symptom->subject ? symptom->subject : "";
	const char *words[] = {user, NULL};
	if (*user && add_found(chain, rules, words))
		return;
	add_step(chain, NULL, "the server does not take the password that %s gives%s%s", container->pod,
	        *user ? " for " : "", user);
	const GPtrArray *volumes = chain->homelab->wanted->volumes;
	add_step(chain, NULL,
	        "a database keeps the password of its first start in its volume; one that was changed in Git since is "
	        "not taken over%s",
	        volumes->len ? "" : " (no volume is known here)");
	set_mend(chain, "change it in the database too (ALTER USER … PASSWORD), or give the client the old one");
}

static void explain_permission(Chain *chain, const LiveContainer *container, const char *path)
{
	const Unit *unit = unit_of(chain, container);
	const char *user = unit ? json_text_at(unit->body, "User") : NULL;
	JSON_EACH (unit ? json_at(unit->body, "HostConfig.Mounts") : NULL, mount) {
		const char *target = json_text_at(mount, "Target"), *source = json_text_at(mount, "Source");
		if (!target || !path || !g_str_has_prefix(path, target))
			continue;
		add_step(chain, place_of(chain, unit->place),
		        "%s lies in the mount %s of %s, and the program runs as user %s", path, target,
		        source ? source : "a volume", user ? user : "of its image");
		if (json_true_at(mount, "ReadOnly", false))
			set_mend(
			        chain, "the mount is read-only: mount it writable, or let the program write elsewhere");
		else
			set_mend(chain, "let the volume belong to that user: securityContext.fsGroup, or chown %s",
			        source ? source : "it");
		return;
	}
	add_step(chain, NULL, "%s is part of the image, which the program's user %s may not write",
	        path ? path : "the path", user ? user : "");
	set_mend(chain, "mount a volume there, or let the program run as the user that owns it");
}

static void explain_memory(Chain *chain, const LiveContainer *container)
{
	const Unit *unit = unit_of(chain, container);
	g_autofree char *limit = g_strdup_printf("%.0f Mi", (double)container->memory_limit / (1 << 20));
	if (!container->memory_limit) {
		add_step(chain, NULL,
		        "it has no memory limit of its own; the kernel's log (dmesg) tells whether the machine had "
		        "none left");
		return;
	}
	add_step(
	        chain, unit ? place_of(chain, unit->place) : NULL, "its memory limit is %s, and it needed more", limit);
	set_mend(chain, "raise resources.limits.memory, or let the program use less");
}

static void explain_taken(Chain *chain, const Symptom *symptom, const LiveContainer *container)
{
	g_autofree char *part = g_strdup_printf(":%u->", symptom->port);
	g_autoptr(Live) all = live_new(chain->engine, NULL, NULL);
	for (guint i = 0; all && symptom->port && i < all->containers->len; i++) {
		const LiveContainer *other = all->containers->pdata[i];
		for (guint p = 0; p < other->ports->len; p++)
			if (strcmp(other->name, container ? container->name : "") != 0 &&
			        other->state == LIVE_RUNNING && strstr(other->ports->pdata[p], part)) {
				add_step(chain, g_strdup("the engine"), "port %u belongs to the container %s",
				        symptom->port, other->name);
				set_mend(chain, "stop that one, or publish another port");
				return;
			}
	}
	add_step(chain, NULL, "port %u of this machine belongs to a program that is no container of labwright",
	        symptom->port);
	set_mend(chain, "see who has it: ss -ltnp 'sport = :%u'", symptom->port);
}

static void explain_disk(Chain *chain)
{
	g_autoptr(Json) info = engine_get(chain->engine, "/info", NULL);
	const char *root = json_text_at(info, "DockerRootDir");
	struct statvfs disk;
	if (root && statvfs(root, &disk) == 0) {
		g_autofree char *left =
		        g_format_size_full((guint64)disk.f_bavail * disk.f_frsize, G_FORMAT_SIZE_IEC_UNITS);
		add_step(chain, g_strdup(root), "%s are left on the disk of the engine's data", left);
	}
	set_mend(chain, "make room (docker system prune shows what is unused), or move the volume");
}

static void explain_image(Chain *chain, const char *image)
{
	static const char *const rules[] = {
	        "image-never-built", "build-file-missing", "image-without-registry", "tag-drift", "tag-floating", NULL};
	const char *words[] = {image ? image : "", NULL};
	if (image && add_found(chain, rules, words))
		return;
	set_mend(chain, "correct the name or tag, or build it: a compose service with build:, or docker build -t %s",
	        image ? image : "NAME");
}

static void explain_variable(Chain *chain, const LiveContainer *container, const char *name)
{
	const Unit *unit = unit_of(chain, container);
	add_step(chain, unit ? place_of(chain, unit->place) : NULL, "the container has no variable %s", name);
	set_mend(chain, "set %s in its env, or take it from a Secret or ConfigMap", name);
}

static void explain_symptom(Chain *chain, const LiveContainer *container, const Symptom *symptom)
{
	switch (symptom->kind) {
	case SYMPTOM_MODULE:
		explain_module(chain, container, symptom->subject);
		break;
	case SYMPTOM_FILE:
	case SYMPTOM_PROGRAM:
		explain_file(chain, symptom->subject ? symptom->subject : "");
		break;
	case SYMPTOM_HOST:
		explain_host(chain, container, symptom->subject);
		break;
	case SYMPTOM_REFUSED:
	case SYMPTOM_TIMEOUT:
		explain_refused(chain, container, symptom);
		break;
	case SYMPTOM_PASSWORD:
	case SYMPTOM_DATABASE:
		explain_password(chain, container, symptom);
		break;
	case SYMPTOM_PERMISSION:
		explain_permission(chain, container, symptom->subject);
		break;
	case SYMPTOM_DISK:
		explain_disk(chain);
		break;
	case SYMPTOM_PORT:
		explain_taken(chain, symptom, container);
		break;
	case SYMPTOM_MEMORY:
		explain_memory(chain, container);
		break;
	case SYMPTOM_IMAGE:
		explain_image(chain, symptom->subject ? symptom->subject : container->image);
		break;
	case SYMPTOM_ARCHITECTURE:
		add_step(chain, NULL, "the image %s is for another processor than %s", container->image,
		        engine_architecture(chain->engine));
		set_mend(chain, "use an image for %s", engine_architecture(chain->engine));
		break;
	case SYMPTOM_VARIABLE:
		explain_variable(chain, container, symptom->subject);
		break;
	default:
		break;
	}
}

/* ---- a container
 * ------------------------------------------------------------------------------------------------------------- */

/* What a program that ended wrote last, where no form is known: at least the commit that changed its manifest. */
static void explain_unknown(Chain *chain, const LiveContainer *container)
{
	const Unit *unit = unit_of(chain, container);
	g_autofree char *commit = unit ? commit_of(chain, unit->place) : NULL;
	if (commit)
		add_step(
		        chain, place_of(chain, unit->place), "its manifest was last changed here by commit %s", commit);
	add_step(chain, NULL, "more is not known: nothing in its output has a form that labwright knows");
}

static void explain_unready(Chain *chain, const LiveContainer *container)
{
	const char *why = container->why;
	add_step(chain, g_strdup("its readiness probe"), "it runs, but is not ready: %s",
	        why ? why : "the probe says no");
	bool network = container->probe.kind == PROBE_HTTP || container->probe.kind == PROBE_TCP;
	if (network && why && strstr(why, "refused")) {
		explain_port(chain, container, container->probe.port);
		return;
	}
	g_autofree char *logs = engine_logs(chain->engine, container->id, 60, NULL);
	g_auto(Symptom) symptom = symptom_read(logs);
	if (symptom.kind)
		add_step(chain, g_strdup("its output"), "%s", symptom.line);
	explain_symptom(chain, container, &symptom);
}

static void explain_ended(Chain *chain, const LiveContainer *container)
{
	g_autofree char *logs = engine_logs(chain->engine, container->id, 60, NULL);
	g_auto(Symptom) symptom = symptom_read(container->error ? container->error : logs);
	bool killed = container->killed_for_memory ||
	              (container->exit_code == 137 && container->memory_limit && symptom.kind == SYMPTOM_NONE);
	if (killed) {
		add_step(chain, g_strdup("the engine"), "it was killed (137)%s",
		        container->killed_for_memory ? " for its memory limit" : ", as happens at a memory limit");
		explain_memory(chain, container);
		return;
	}
	const char *last = logs ? strrchr(g_strchomp(logs), '\n') : NULL;
	const char *said = symptom.kind ? symptom.line : container->error ? container->error : last ? last + 1 : logs;
	if (said && *said)
		add_step(chain, g_strdup(container->error ? "the engine" : "its output"), "%s", said);
	if (symptom.kind)
		explain_symptom(chain, container, &symptom);
	else
		explain_unknown(chain, container);
}

static void explain_container(Chain *chain, const LiveContainer *container)
{
	chain->depth++;
	if (container->state == LIVE_RUNNING && container->ready != READY_NO)
		add_step(chain, NULL, "%s/%s runs and is ready", container->namespace, container->pod);
	else if (container->state == LIVE_RUNNING)
		explain_unready(chain, container);
	else
		explain_ended(chain, container);
}

/* Nothing was made of it: what is wanted says why, or the last run's words. */
static void explain_absent(Chain *chain, const Unit *unit)
{
	const Wanted *wanted = chain->homelab->wanted;
	for (guint i = 0; i < wanted->problems->len; i++) {
		const WantedProblem *problem = &g_array_index(wanted->problems, WantedProblem, i);
		if (problem->blocking) {
			add_step(chain, place_of(chain, problem->place), "%s", problem->text);
			chain->cause->known = true;
			return;
		}
	}
	for (guint i = 0; i < unit->needs->len; i++) {
		const UnitNeed *need = unit->needs->pdata[i];
		const LiveContainer *other = live_find(chain->live, need->unit);
		if (other && need->state == NEED_DONE && other->state == LIVE_EXITED && other->exit_code != 0) {
			add_step(chain, NULL, "it starts after %s, which ended with %d", other->name, other->exit_code);
			explain_container(chain, other);
			return;
		}
	}
	const char *image = json_text_at(unit->body, "Image");
	bool has = true;
	g_autoptr(GError) error = NULL;
	if (image && engine_has_image(chain->engine, image, &has, NULL) && !has) {
		add_step(chain, place_of(chain, unit->place), "its image %s is not on this machine", image);
		if (!engine_pull(chain->engine, image, NULL, NULL, &error))
			add_step(chain, g_strdup("the registry's answer"), "%s", error->message);
		explain_image(chain, image);
		return;
	}
	add_step(chain, NULL, "it was not started yet");
	set_mend(chain, "labwright up --only %s/%s", unit->namespace, unit->pod);
}

/* ---- Services
 * ------------------------------------------------------------------------------------------------------------------ */

static bool explain_service(Chain *chain, const char *name)
{
	static const char *const rules[] = {"service-selects-nothing", "service-port-mismatch", NULL};
	const char *plain = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	const char *words[] = {plain, NULL};
	const Finding *finding = find_finding(chain, rules, words);
	if (!finding)
		return false;
	chain->cause->title = g_strdup_printf("Service %s has nobody who answers for it", plain);
	add_finding(chain, finding);
	return true;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------------------------------------
 */

static char *title_of(const LiveContainer *container)
{
	g_autofree char *name = g_strdup_printf("%s/%s", container->namespace, container->pod);
	if (container->state == LIVE_RUNNING)
		return g_strdup_printf(
		        "%s %s", name, container->ready == READY_NO ? "runs and is not ready" : "is well");
	if (container->state == LIVE_RESTARTING && container->exit_code == 0)
		return g_strdup_printf("%s ends again and again, %u times so far", name, container->restarts);
	if (container->state == LIVE_CREATED)
		return g_strdup_printf("%s was made and could not be started", name);
	return g_strdup_printf(
	        "%s ended with %d%s", name, container->exit_code, container->restarts ? ", again and again" : "");
}

/* Of several containers that a name means the first that is not well, since init containers come before main ones. */
static const LiveContainer *choose(const Chain *chain, const char *name)
{
	const char *const only[] = {name, NULL};
	const LiveContainer *found = NULL;
	for (guint i = 0; i < chain->live->containers->len; i++) {
		const LiveContainer *container = chain->live->containers->pdata[i];
		bool meant = container_is_meant(container, only) || strcmp(container->name, name) == 0;
		if (meant && container->role != UNIT_PAUSE &&
		        (!found || (live_is_well(found) && !live_is_well(container))))
			found = container;
	}
	return found;
}

static const Unit *choose_unit(const Chain *chain, const char *name)
{
	const char *const only[] = {name, NULL};
	const GPtrArray *units = chain->homelab->wanted->units;
	for (guint i = 0; i < units->len; i++) {
		const Unit *unit = units->pdata[i];
		if (unit->role != UNIT_PAUSE && unit->role != UNIT_INIT &&
		        (unit_is_meant(unit, only) || strcmp(unit->name, name) == 0) &&
		        !live_find(chain->live, unit->name))
			return unit;
	}
	return NULL;
}

static bool explain(Chain *chain, const char *name, GError **error)
{
	const LiveContainer *container = choose(chain, name);
	const Unit *absent = !container || live_is_well(container) ? choose_unit(chain, name) : NULL;
	if (absent) {
		chain->cause->title = g_strdup_printf("%s/%s does not run", absent->namespace, absent->pod);
		explain_absent(chain, absent);
		return true;
	}
	if (!container && explain_service(chain, name))
		return true;
	if (!container) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "no rule is called '%s', and nothing that runs here", name);
		error_add_help(error, "labwright status and labwright rules list the names");
		return false;
	}
	chain->cause->title = title_of(container);
	explain_container(chain, container);
	return true;
}

Cause *cause_new(const Homelab *homelab, const Check *check, Engine *engine, const char *name, GError **error)
{
	g_autoptr(Live) live = live_new(engine, homelab->project, error);
	if (!live)
		return NULL;
	live_probe(live, engine);
	g_autoptr(Cause) cause = cause_new_empty(NULL);
	Chain chain = {homelab, check, engine, live, cause, 0};
	return explain(&chain, name, error) ? g_steal_pointer(&cause) : NULL;
}

char *cause_first(const Homelab *homelab, Engine *engine, GError **error)
{
	g_autoptr(Live) live = live_new(engine, homelab->project, error);
	if (!live)
		return NULL;
	live_probe(live, engine);
	for (guint i = 0; i < homelab->wanted->units->len; i++) { /* those that others need stand first */
		const Unit *unit = homelab->wanted->units->pdata[i];
		const LiveContainer *container = live_find(live, unit->name);
		if (container && !live_is_well(container))
			return g_strdup(container->name);
	}
	for (guint i = 0; i < homelab->wanted->units->len; i++)
		if (!live_find(live, ((Unit *)homelab->wanted->units->pdata[i])->name))
			return g_strdup(((Unit *)homelab->wanted->units->pdata[i])->name);
	return NULL;
}
