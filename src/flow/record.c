/* A failed start leaves nothing behind: the old container runs on and the new one is gone, or a restart has written
 * over its words. So `up` keeps what it saw, in a file beside those that containers mount. It is a memory for
 * `explain`; no run depends on it, and one that cannot be read is as good as none. Values of Secrets are not in it. */
#include "flow/record.h"

#include "flow/git.h"

static char *record_path(const char *project)
{
	return g_build_filename(g_get_user_state_dir(), "labwright", project, "record.json", NULL);
}

Json *record_read(const char *project)
{
	g_autofree char *path = record_path(project), *text = NULL;
	gsize length;
	Json *record = g_file_get_contents(path, &text, &length, NULL) ? json_parse((Slice){text, length}, NULL) : NULL;
	return record ? record : json_new_map();
}

static char *head_of(const Homelab *homelab)
{
	const char *const words[] = {"rev-parse", "--short", "HEAD", NULL};
	g_autoptr(GPtrArray) command = git_words(words);
	char *head = NULL;
	return git_run(homelab->scan->repo, command, &head, NULL) ? g_strstrip(head) : NULL;
}

static Json *entry_new(const Unit *unit, const char *commit)
{
	Json *entry = json_new_map();
	json_set_text(entry, "hash", unit_hash(unit));
	json_set_text(entry, "image", json_text_at(unit->body, "Image"));
	json_set_text(entry, "commit", commit);
	json_set_number(entry, "when", g_get_real_time() / G_USEC_PER_SEC);
	return entry;
}

static void record_step(Json *record, const Change *step, const ApplyResult *result, const char *commit)
{
	const char *name = step->unit->name, *why = g_hash_table_lookup(result->failed, name);
	Json *good = json_map_in(record, "good"), *failed = json_map_in(record, "failed");
	const char *known = json_text_at(json_get(good, name), "hash");
	json_remove(failed, name);
	if (why) {
		Json *entry = entry_new(step->unit, commit);
		json_set_text(entry, "why", why);
		json_set_text(entry, "words", g_hash_table_lookup(result->words, name));
		json_set(failed, name, entry);
	} else if (g_strcmp0(known, unit_hash(step->unit)) != 0) {
		Json *entry = entry_new(step->unit, commit);
		json_set(entry, "body", unit_shown(step->unit));
		json_set(good, name, entry);
	}
}

static bool write_record(const Json *record, const char *project, GError **error)
{
	g_autofree char *path = record_path(project), *text = json_print(record);
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* All that there should be, for `status`, which reads no repository. */
static Json *wanted_entries(const Homelab *homelab)
{
	Json *out = json_new_map();
	for (guint i = 0; i < homelab->wanted->units->len; i++) {
		const Unit *unit = homelab->wanted->units->pdata[i];
		Json *entry = json_new_map();
		json_set_text(entry, "namespace", unit->namespace);
		json_set_text(entry, "workload", unit->workload);
		json_set_text(entry, "pod", unit->pod);
		json_set_text(entry, "container", unit->container);
		json_set_number(entry, "role", unit->role);
		json_set_text(entry, "path", graph_file_path(homelab->scan->graph, unit->place.file));
		json_set(out, unit->name, entry);
	}
	return out;
}

bool record_write(const Homelab *homelab, const Rollout *rollout, const ApplyResult *result, GError **error)
{
	g_autoptr(Json) record = record_read(homelab->project);
	g_autofree char *head = head_of(homelab), *before = json_print(record);
	guint meant = 0;
	for (guint i = 0; i < rollout->steps->len; i++) {
		const Change *step = &g_array_index(rollout->steps, Change, i);
		if (step->unit)
			record_step(record, step, result, head);
		meant += step->unit != NULL;
	}
	if (meant == homelab->wanted->units->len)
		json_set(record, "wanted", wanted_entries(homelab));
	g_autofree char *text = json_print(record);
	return strcmp(text, before) == 0 || write_record(record, homelab->project, error);
}

void record_forget(const char *project, const char *const *only)
{
	g_autoptr(Json) record = record_read(project), kept = json_new_map();
	JSON_MEMBERS (json_get(record, "wanted"), name, entry) {
		LiveContainer as = {.namespace = (char *)json_text_at(entry, "namespace"),
		        .workload = (char *)json_text_at(entry, "workload"),
		        .pod = (char *)json_text_at(entry, "pod")};
		if (only && !container_is_meant(&as, only))
			json_set(kept, name, json_clone(entry));
	}
	if (!json_get(record, "wanted"))
		return;
	json_set(record, "wanted", g_steal_pointer(&kept));
	write_record(record, project, NULL);
}

void record_complete(const Json *record, Live *live)
{
	JSON_MEMBERS (json_get(record, "wanted"), name, entry) {
		const char *why = json_text_at(json_get(json_get(record, "failed"), name), "why");
		UnitRole role = (UnitRole)json_number_at(entry, "role", UNIT_MAIN);
		if (live_find(live, name) || role == UNIT_PAUSE)
			continue;
		LiveContainer *missing = live_add(live);
		missing->name = g_strdup(name);
		missing->namespace = g_strdup(json_text_at(entry, "namespace"));
		missing->workload = g_strdup(json_text_at(entry, "workload"));
		missing->pod = g_strdup(json_text_at(entry, "pod"));
		missing->container = g_strdup(json_text_at(entry, "container"));
		missing->role = role;
		missing->state = LIVE_DEAD;
		missing->ready = READY_NO;
		missing->word = g_strdup("missing");
		missing->why = g_strdup(why ? why : "the last labwright up made it or wanted to, and it is not there");
	}
	live_sort(live);
}

const Json *record_failure(const Json *record, const Unit *unit)
{
	const Json *entry = json_get(json_get(record, "failed"), unit->name);
	return g_strcmp0(json_text_at(entry, "hash"), unit_hash(unit)) == 0 ? entry : NULL;
}

const Json *record_before(const Json *record, const Unit *unit)
{
	const Json *entry = json_get(json_get(record, "good"), unit->name);
	return entry && g_strcmp0(json_text_at(entry, "hash"), unit_hash(unit)) != 0 ? entry : NULL;
}

/* ---- what differs --------------------------------------------------------------------------------------------- */

static void add_variables(const Json *before, const Json *now, GPtrArray *out)
{
	JSON_EACH (now, entry) {
		const char *text = json_text(entry);
		size_t length = strcspn(text, "=");
		const char *value = text + length + (text[length] == '='), *old = env_value(before, text, length);
		if (!old)
			g_ptr_array_add(out, g_strdup_printf("variable %.*s is new: %.80s", (int)length, text, value));
		else if (strcmp(old, value) != 0)
			g_ptr_array_add(
			        out, g_strdup_printf("variable %.*s: %.60s → %.60s", (int)length, text, old, value));
	}
	JSON_EACH (before, entry) {
		const char *text = json_text(entry);
		size_t length = strcspn(text, "=");
		if (!env_value(now, text, length))
			g_ptr_array_add(out, g_strdup_printf("variable %.*s is gone", (int)length, text));
	}
}

/* What is too long to be shown beside what it was. */
static void add_named(const Json *before, const Json *now, GPtrArray *out)
{
	static const struct {
		const char *path, *word;
	} fields[] = {{"HostConfig.Mounts", "its mounts"}, {"HostConfig.Tmpfs", "its folders in memory"},
	        {"HostConfig.PortBindings", "its published ports"}, {"Healthcheck", "its health check"},
	        {"HostConfig.RestartPolicy", "its restart policy"}, {"NetworkingConfig", "its names on the network"},
	        {"HostConfig.ExtraHosts", "its host aliases"}, {"HostConfig.CapAdd", "its capabilities"},
	        {"HostConfig.CapDrop", "its capabilities"}, {"HostConfig.SecurityOpt", "its security options"},
	        {"HostConfig.Devices", "its devices"}};
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (!json_same(json_at(before, fields[i].path), json_at(now, fields[i].path)))
			g_ptr_array_add(out, g_strdup(fields[i].word));
}

GPtrArray *record_differences(const Json *before, const Json *now, guint most)
{
	static const struct {
		const char *path, *word;
	} fields[] = {{"Image", "image"}, {"Entrypoint", "command"}, {"Cmd", "arguments"}, {"User", "user"},
	        {"WorkingDir", "folder"}, {"HostConfig.Memory", "memory limit"},
	        {"HostConfig.NanoCpus", "processor limit"}, {"Hostname", "host name"},
	        {"HostConfig.ReadonlyRootfs", "read-only files"}, {"HostConfig.NetworkMode", "network"}};
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		const Json *old = json_at(before, fields[i].path), *new = json_at(now, fields[i].path);
		bool list = json_kind(old) == JSON_LIST || json_kind(new) == JSON_LIST;
		g_autofree char *from = list ? json_joined(old) : json_scalar(old),
		                *to = list ? json_joined(new) : json_scalar(new);
		if (!json_same(old, new))
			g_ptr_array_add(out, g_strdup_printf("%s %.80s → %.80s", fields[i].word, from ? from : "none",
			                             to ? to : "none"));
	}
	add_variables(json_get(before, "Env"), json_get(now, "Env"), out);
	add_named(before, now, out);
	if (out->len > most)
		g_ptr_array_set_size(out, (gint)most);
	return out;
}
