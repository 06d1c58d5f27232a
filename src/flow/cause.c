/* Chains of causes. The symptom comes from the engine and the program's last words, those of a run that is gone from
 * the record of `up`; links by symptom are in because.c. Nothing is guessed: where no link follows, the chain ends and
 * says so. */
#include "flow/chain.h"

#include "base/error.h"
#include "flow/git.h"
#include "flow/record.h"

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

/* ---- a container
 * ------------------------------------------------------------------------------------------------------------- */

static char *day_of(const Json *entry)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(json_number_at(entry, "when", 0));
	return g_date_time_format(time, "%Y-%m-%d %H:%M");
}

/* What changed since it last ran well. A change of the image, or a commit, is what can be taken back. */
static void add_changes(Chain *chain, const Unit *unit)
{
	const Json *before = unit ? record_before(chain->record, unit) : NULL;
	g_autoptr(Json) now = before ? unit_shown(unit) : NULL;
	g_autoptr(GPtrArray) differences = before ? record_differences(json_get(before, "body"), now, 4) : NULL;
	const char *commit = json_text_at(before, "commit");
	if (!before)
		return;
	g_autofree char *day = day_of(before);
	for (guint i = 0; i < differences->len; i++)
		add_step(chain, place_of(chain, unit->place), "since it last ran well (%s): %s", day,
		        (char *)differences->pdata[i]);
	if (!differences->len)
		add_step(chain, place_of(chain, unit->place),
		        "since it last ran well (%s) a file or a Secret that it is given has changed", day);
	const char *file = graph_file_path(chain->homelab->scan->graph, unit->place.file);
	g_auto(GStrv) commits = git_commits_since(chain->homelab->scan->repo, commit, file);
	for (char **one = commits; *one && **one; one++)
		add_step(chain, g_strdup("git log"), "commit %s", *one);
	if (*commits && **commits)
		set_mend(chain, "git revert %.*s brings back what ran", (int)strcspn(*commits, " "), *commits);
	else if (differences->len)
		set_mend(chain, "take that back, or read what the new version asks for");
}

/* What a program that ended wrote last, where no form is known: at least the commit that changed its manifest. */
static void explain_unknown(Chain *chain, const LiveContainer *container)
{
	const Unit *unit = unit_of(chain, container);
	if (unit && record_before(chain->record, unit)) {
		add_changes(chain, unit);
		return;
	}
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
	if (symptom.kind) {
		add_changes(chain, unit_of(chain, container));
		explain_symptom(chain, container, &symptom);
	} else {
		explain_unknown(chain, container);
	}
}

/* What `up` saw of a start that failed, of which nothing is left. */
static void explain_failure(Chain *chain, const Unit *unit, const Json *failure)
{
	const char *why = json_text_at(failure, "why"), *words = json_text_at(failure, "words"),
	           *image = json_text_at(unit->body, "Image");
	LiveContainer gone = {.name = unit->name,
	        .namespace = unit->namespace,
	        .pod = unit->pod,
	        .container = unit->container,
	        .image = (char *)image,
	        .state = LIVE_EXITED};
	g_autofree char *day = day_of(failure), *seen = g_strdup_printf("labwright up, %s", day);
	g_auto(Symptom) symptom = symptom_read(words && *words ? words : why);
	if (!symptom.kind) {
		symptom_clear(&symptom);
		symptom = symptom_read(why);
	}
	chain->said = why;
	add_step(chain, g_steal_pointer(&seen), "%s", why);
	if (symptom.kind && !strstr(why, symptom.line))
		add_step(chain, g_strdup("its output"), "%s", symptom.line);
	if (symptom.kind) {
		add_changes(chain, unit);
		explain_symptom(chain, &gone, &symptom);
	} else {
		explain_unknown(chain, &gone);
	}
}

void explain_container(Chain *chain, const LiveContainer *container)
{
	chain->depth++;
	if (container->state == LIVE_RUNNING && container->ready != READY_NO) {
		add_step(chain, NULL, "%s/%s runs and is ready", container->namespace, container->pod);
		chain->cause->known = true;
	} else if (container->state == LIVE_RUNNING)
		explain_unready(chain, container);
	else
		explain_ended(chain, container);
}

/* The first thing that keeps `up` from starting anything; one of this unit's own comes before those of others. */
static const WantedProblem *find_blocking(const Wanted *wanted, const Unit *unit)
{
	const WantedProblem *found = NULL;
	for (guint i = 0; i < wanted->problems->len; i++) {
		const WantedProblem *problem = &g_array_index(wanted->problems, WantedProblem, i);
		bool own = problem->place.file == unit->place.file && problem->place.start == unit->place.start;
		if (problem->blocking && (own || !found))
			found = problem;
		if (problem->blocking && own)
			return problem;
	}
	return found;
}

/* Nothing was made of it: what is wanted says why, or the last run's words. */
static void explain_absent(Chain *chain, const Unit *unit)
{
	const WantedProblem *blocking = find_blocking(chain->homelab->wanted, unit);
	const Json *failure = record_failure(chain->record, unit);
	if (blocking) {
		add_step(chain, place_of(chain, blocking->place), "%s; nothing starts before that is mended",
		        blocking->text);
		chain->cause->known = true;
		return;
	}
	for (guint i = 0; i < unit->needs->len; i++) {
		const UnitNeed *need = unit->needs->pdata[i];
		const LiveContainer *other = live_find(chain->live, need->unit);
		bool ended = other && other->state == LIVE_EXITED && other->exit_code != 0,
		     unwell = other && need->state == NEED_HEALTHY && !live_is_well(other);
		if ((need->state < NEED_HEALTHY || !ended) && !unwell)
			continue;
		if (ended)
			add_step(chain, NULL, "it starts after %s, which ended with %d", other->name, other->exit_code);
		else
			add_step(chain, NULL, "it starts after %s, which is not ready", other->name);
		explain_container(chain, other);
		return;
	}
	const char *image = json_text_at(unit->body, "Image");
	bool has = true;
	if (image && engine_has_image(chain->engine, image, &has, NULL) && !has)
		add_step(chain, place_of(chain, unit->place), "its image %s is not on this machine", image);
	if (failure) {
		explain_failure(chain, unit, failure);
		return;
	}
	add_step(chain, NULL, "it was not started yet");
	set_mend(chain, "labwright up --only %s/%s", unit->namespace, unit->pod);
}

/* It was given up too early, and has become ready since. */
static void explain_late(Chain *chain, const LiveContainer *container, const Json *failure)
{
	const Unit *unit = unit_of(chain, container);
	const char *why = json_text_at(failure, "why");
	add_step(chain, g_strdup("labwright up"), "%s", why);
	if (!strstr(why, "not ready after")) {
		add_step(chain, NULL, "it runs by now and is ready; labwright up goes on from here");
		chain->cause->known = true;
		return;
	}
	add_step(chain, place_of(chain, unit->place),
	        "it runs and is ready now: it takes longer to start than its probes allow, %u s", unit->patience);
	set_mend(chain, "give it a startupProbe whose periodSeconds times failureThreshold is long enough");
}

/* ---- Services
 * ------------------------------------------------------------------------------------------------------------------ */

static bool explain_service(Chain *chain, const char *name)
{
	static const char *const rules[] = {"service-selects-nothing", "service-port-mismatch", NULL};
	const char *plain = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	const char *words[] = {plain, NULL};
	const Finding *finding = find_finding(chain, rules, words);
	g_autofree char *namespace = plain == name ? NULL : g_strndup(name, (size_t)(plain - name - 1));
	Span place;
	const Json *service = namespace ? service_called(chain, plain, namespace, &place) : NULL;
	if (!finding && service && explain_selector(chain, service, place)) {
		chain->cause->title = g_strdup_printf("Service %s has nobody who answers for it", name);
		return true;
	}
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
	const Unit *unit = unit_of(chain, container);
	const Json *failure = unit ? record_failure(chain->record, unit) : NULL;
	/* One that was put back a moment ago is not ready at once. */
	bool other = failure && g_strcmp0(container->hash, unit_hash(unit)) != 0;
	if (failure && (live_is_well(container) || (other && container->state == LIVE_RUNNING))) {
		chain->cause->title = g_strdup_printf("%s/%s %s", unit->namespace, unit->pod,
		        other ? "runs as it was before: its new version did not start" : "is well now");
		if (other)
			explain_failure(chain, unit, failure);
		else
			explain_late(chain, container, failure);
		return true;
	}
	chain->cause->title = title_of(container);
	if (failure && container->state == LIVE_CREATED && !container->error)
		explain_failure(chain, unit, failure); /* Podman does not keep why it could not start something */
	else
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
	g_autoptr(Json) record = record_read(homelab->project);
	Chain chain = {homelab, check, engine, live, record, cause, 0, NULL};
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
