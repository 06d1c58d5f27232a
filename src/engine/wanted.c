/* The list of what is wanted: making it, sorting it by needs, hashing it, printing it. */
#include "engine/inner.h"

#include "base/path.h"

/* ---- memory ---------------------------------------------------------------------------------------------- */

void probe_clear(UnitProbe *probe)
{
	g_clear_pointer(&probe->command, g_strfreev);
	g_clear_pointer(&probe->path, g_free);
	probe->kind = PROBE_NONE;
}

static void need_free(void *data)
{
	UnitNeed *need = data;
	g_free(need->unit);
	g_free(need);
}

static void unit_free(void *data)
{
	Unit *unit = data;
	g_free(unit->name);
	g_free(unit->namespace);
	g_free(unit->workload);
	g_free(unit->pod);
	g_free(unit->container);
	json_drop(unit->body);
	g_ptr_array_unref(unit->needs);
	g_ptr_array_unref(unit->networks);
	g_ptr_array_unref(unit->owned);
	g_ptr_array_unref(unit->hidden);
	g_strfreev(unit->after_start);
	g_strfreev(unit->before_stop);
	probe_clear(&unit->ready);
	g_free(unit);
}

static void file_free(void *data)
{
	UnitFile *file = data;
	g_free(file->store);
	g_bytes_unref(file->bytes);
	g_free(file);
}

static void volume_free(void *data)
{
	WantedVolume *volume = data;
	g_free(volume->name);
	json_drop(volume->body);
	g_free(volume);
}

static void image_free(void *data)
{
	WantedImage *image = data;
	g_free(image->image);
	g_free(image->context);
	g_free(image->dockerfile);
	g_free(image->target);
	json_drop(image->arguments);
	g_free(image);
}

static void problem_clear(void *data)
{
	g_free(((WantedProblem *)data)->text);
}

Wanted *wanted_new(const WantedOptions *options)
{
	Wanted *wanted = g_new0(Wanted, 1);
	wanted->project = g_strdup(options->project);
	wanted->units = g_ptr_array_new_with_free_func(unit_free);
	wanted->jobs = g_ptr_array_new_with_free_func(unit_free);
	wanted->networks = g_ptr_array_new_with_free_func(g_free);
	wanted->volumes = g_ptr_array_new_with_free_func(volume_free);
	wanted->images = g_ptr_array_new_with_free_func(image_free);
	wanted->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, file_free);
	wanted->problems = g_array_new(FALSE, FALSE, sizeof(WantedProblem));
	g_array_set_clear_func(wanted->problems, problem_clear);
	return wanted;
}

void wanted_free(Wanted *wanted)
{
	if (!wanted)
		return;
	g_free(wanted->project);
	g_ptr_array_unref(wanted->units);
	g_ptr_array_unref(wanted->jobs);
	g_ptr_array_unref(wanted->networks);
	g_ptr_array_unref(wanted->volumes);
	g_ptr_array_unref(wanted->images);
	g_hash_table_unref(wanted->files);
	g_array_unref(wanted->problems);
	g_free(wanted);
}

Unit *unit_new(const char *name, Span place)
{
	Unit *unit = g_new0(Unit, 1);
	unit->name = g_strdup(name);
	unit->place = place;
	unit->body = json_new_map();
	unit->needs = g_ptr_array_new_with_free_func(need_free);
	unit->networks = g_ptr_array_new_with_free_func(g_free);
	unit->owned = g_ptr_array_new_with_free_func(g_free);
	unit->hidden = g_ptr_array_new_with_free_func(g_free);
	unit->patience = 60;
	unit->grace = 30;
	return unit;
}

void unit_need(Unit *unit, const char *other, NeedState state)
{
	for (guint i = 0; i < unit->needs->len; i++) {
		UnitNeed *need = unit->needs->pdata[i];
		if (strcmp(need->unit, other) == 0) {
			need->state = MAX(need->state, state);
			return;
		}
	}
	UnitNeed *need = g_new0(UnitNeed, 1);
	need->unit = g_strdup(other);
	need->state = state;
	g_ptr_array_add(unit->needs, need);
}

void wanted_problem(Wanted *wanted, Span place, bool blocking, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	WantedProblem problem = {place, g_strdup_vprintf(format, args), blocking};
	va_end(args);
	for (guint i = 0; i < wanted->problems->len; i++)
		if (strcmp(g_array_index(wanted->problems, WantedProblem, i).text, problem.text) == 0) {
			g_free(problem.text); /* said once, however many pods ask it */
			return;
		}
	g_array_append_val(wanted->problems, problem);
}

void wanted_volume(Wanted *wanted, const char *name, Json *take_body, bool precious)
{
	for (guint i = 0; i < wanted->volumes->len; i++)
		if (strcmp(((WantedVolume *)wanted->volumes->pdata[i])->name, name) == 0) {
			json_drop(take_body);
			return;
		}
	WantedVolume *volume = g_new0(WantedVolume, 1);
	volume->name = g_strdup(name);
	volume->body = take_body ? take_body : json_new_map();
	volume->precious = precious;
	json_set_text(volume->body, "Name", name);
	json_set_text(json_map_in(volume->body, "Labels"), LABEL_PROJECT, wanted->project);
	json_set_text(json_map_in(volume->body, "Labels"), LABEL_PRECIOUS, precious ? "true" : "false");
	g_ptr_array_add(wanted->volumes, volume);
}

void wanted_file(Wanted *wanted, const char *store, GBytes *take_bytes, uint32_t mode, bool secret)
{
	UnitFile *file = g_new0(UnitFile, 1);
	file->store = g_strdup(store);
	file->bytes = take_bytes;
	file->mode = mode;
	file->secret = secret;
	g_hash_table_replace(wanted->files, file->store, file);
}

void wanted_network(Wanted *wanted, const char *name)
{
	if (!g_ptr_array_find_with_equal_func(wanted->networks, name, g_str_equal, NULL))
		g_ptr_array_add(wanted->networks, g_strdup(name));
}

Unit *wanted_find(const Wanted *wanted, const char *name)
{
	for (guint i = 0; i < wanted->units->len; i++)
		if (strcmp(((Unit *)wanted->units->pdata[i])->name, name) == 0)
			return wanted->units->pdata[i];
	return NULL;
}

/* ---- order ------------------------------------------------------------------------------------------------- */

typedef struct Sorting {
	Wanted *wanted;
	GHashTable *state; /* unit → 1 being visited, 2 done */
	GPtrArray *sorted;
} Sorting;

/* A need that closes a circle is dropped: of two that name each other one has to begin. */
static void visit(Sorting *sorting, Unit *unit)
{
	g_hash_table_insert(sorting->state, unit, GINT_TO_POINTER(1));
	for (guint i = 0; i < unit->needs->len; i++) {
		UnitNeed *need = unit->needs->pdata[i];
		Unit *other = wanted_find(sorting->wanted, need->unit);
		int state = other ? GPOINTER_TO_INT(g_hash_table_lookup(sorting->state, other)) : 0;
		if (!other || state == 1)
			g_ptr_array_remove_index(unit->needs, i--);
		else if (state == 0)
			visit(sorting, other);
	}
	g_hash_table_insert(sorting->state, unit, GINT_TO_POINTER(2));
	g_ptr_array_add(sorting->sorted, unit);
}

static void sort_units(Wanted *wanted)
{
	Sorting sorting = {wanted, g_hash_table_new(NULL, NULL), g_ptr_array_new_with_free_func(unit_free)};
	for (guint i = 0; i < wanted->units->len; i++)
		if (!g_hash_table_lookup(sorting.state, wanted->units->pdata[i]))
			visit(&sorting, wanted->units->pdata[i]);
	g_hash_table_unref(sorting.state);
	g_ptr_array_set_free_func(wanted->units, NULL);
	g_ptr_array_unref(wanted->units);
	wanted->units = sorting.sorted;
}

/* ---- labels ------------------------------------------------------------------------------------------------- */

static const char *role_word(UnitRole role)
{
	static const char *const words[] = {"pause", "init", "main", "proxy"};
	return words[role];
}

/* The places of all files in one order, whatever the table's is. Free with g_list_free. */
static GList *sorted_stores(const Wanted *wanted)
{
	return g_list_sort(g_hash_table_get_keys(wanted->files), (GCompareFunc)strcmp);
}

typedef struct Labelling {
	const Wanted *wanted;
	const WantedOptions *options;
	const GList *stores;
} Labelling;

/* Files below a mount's source, which a container sees and its body does not tell. */
static void hash_files(const Labelling *labelling, const Unit *unit, GChecksum *sum)
{
	const WantedOptions *options = labelling->options;
	JSON_EACH (json_at(unit->body, "HostConfig.Mounts"), mount) {
		const char *source = json_text_at(mount, "Source");
		const char *base = !source                                      ? NULL
		                   : g_str_has_prefix(source, options->store)   ? options->store
		                   : g_str_has_prefix(source, options->secrets) ? options->secrets
		                                                                : NULL;
		if (!base || source[strlen(base)] != '/')
			continue;
		const char *below = source + strlen(base) + 1;
		for (const GList *at = labelling->stores; at; at = at->next) {
			const UnitFile *file = g_hash_table_lookup(labelling->wanted->files, at->data);
			gsize length;
			const void *bytes = g_bytes_get_data(file->bytes, &length);
			if (!path_is_below(slice_from(file->store), slice_from(below)))
				continue;
			g_checksum_update(sum, (const guchar *)file->store, (gssize)strlen(file->store) + 1);
			g_checksum_update(sum, bytes, (gssize)length);
		}
	}
}

static void label_unit(const Labelling *labelling, Unit *unit)
{
	Json *labels = json_map_in(unit->body, "Labels");
	g_autofree char *probe = probe_label(&unit->ready);
	json_set_text(labels, LABEL_PROJECT, labelling->wanted->project);
	json_set_text(labels, LABEL_NAMESPACE, unit->namespace);
	json_set_text(labels, LABEL_WORKLOAD, unit->workload);
	json_set_text(labels, LABEL_POD, unit->pod);
	json_set_text(labels, LABEL_CONTAINER, unit->container);
	json_set_text(labels, LABEL_ROLE, role_word(unit->role));
	json_set_number(unit->body, "StopTimeout", unit->grace); /* so that whoever stops it does it right */
	if (probe)
		json_set_text(labels, LABEL_PROBE, probe);
	if (unit->once)
		json_set_text(labels, LABEL_ONCE, "true");
	if (unit->before_stop) {
		g_autoptr(Json) words = json_new_list();
		for (char **word = unit->before_stop; *word; word++)
			json_append_text(words, *word);
		g_autofree char *hook = json_print(words);
		json_set_text(labels, LABEL_BEFORE_STOP, hook);
	}
	g_autofree char *text = json_canonical(unit->body);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_checksum_update(sum, (const guchar *)text, -1);
	hash_files(labelling, unit, sum);
	json_set_text(labels, LABEL_HASH, g_checksum_get_string(sum));
}

const char *unit_hash(const Unit *unit)
{
	return json_text(json_get(json_get(unit->body, "Labels"), LABEL_HASH));
}

/* Two containers that publish one port of the machine. */
static void find_port_conflicts(Wanted *wanted)
{
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < wanted->units->len; i++) {
		Unit *unit = wanted->units->pdata[i];
		JSON_MEMBERS (json_at(unit->body, "HostConfig.PortBindings"), port, bindings)
			JSON_EACH (bindings, binding) {
				const char *number = json_text_at(binding, "HostPort"), *protocol = strchr(port, '/');
				if (!number || !*number || strcmp(number, "0") == 0) /* any that is free */
					continue;
				char *key = g_strconcat(number, protocol ? protocol : "/tcp", NULL);
				Unit *other = g_hash_table_lookup(taken, key);
				if (other && other != unit)
					wanted_problem(wanted, unit->place, true,
					        "%s and %s both want port %s of this machine", other->workload,
					        unit->workload, key);
				g_hash_table_insert(taken, key, unit);
			}
	}
}

/* What another waits for to be done is waited for, whatever kind of thing it is: a service of a compose file, too. */
static void await_needed(Wanted *wanted)
{
	for (guint i = 0; i < wanted->units->len; i++) {
		const Unit *unit = wanted->units->pdata[i];
		for (guint n = 0; n < unit->needs->len; n++) {
			const UnitNeed *need = unit->needs->pdata[n];
			Unit *other = need->state == NEED_DONE ? wanted_find(wanted, need->unit) : NULL;
			if (!other)
				continue;
			other->once = other->awaited = true;
			other->repeated = false;
		}
	}
}

void wanted_finish(Wanted *wanted, const WantedOptions *options)
{
	g_autoptr(GList) stores = sorted_stores(wanted);
	Labelling labelling = {wanted, options, stores};
	find_port_conflicts(wanted);
	sort_units(wanted);
	await_needed(wanted);
	for (guint i = 0; i < wanted->units->len; i++)
		label_unit(&labelling, wanted->units->pdata[i]);
	for (guint i = 0; i < wanted->jobs->len; i++)
		label_unit(&labelling, wanted->jobs->pdata[i]);
}

/* ---- printing ------------------------------------------------------------------------------------------------ */

static char *place_text(const Graph *graph, Span place)
{
	uint32_t line, column;
	graph_position(graph, place, &line, &column);
	return g_strdup_printf("%s:%u", graph_file_path(graph, place.file), line);
}

const char *env_value(const Json *list, const char *name, size_t length)
{
	JSON_EACH (list, entry) {
		const char *text = json_text(entry);
		if (text && strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
	}
	return NULL;
}

Json *unit_shown(const Unit *unit)
{
	Json *body = json_clone(unit->body), *shown = json_new_list();
	JSON_EACH (json_get(body, "Env"), entry) {
		g_autofree char *name = g_strndup(json_text(entry), strcspn(json_text(entry), "="));
		bool hidden = g_ptr_array_find_with_equal_func(unit->hidden, name, g_str_equal, NULL);
		g_autofree char *masked = hidden ? g_strconcat(name, "=(of a Secret)", NULL) : NULL;
		json_append_text(shown, hidden ? masked : json_text(entry));
	}
	if (json_get(body, "Env"))
		json_set(body, "Env", shown);
	else
		json_drop(shown);
	return body;
}

static Json *unit_json(const Unit *unit, const Graph *graph)
{
	static const char *const states[] = {"started", "ready", "healthy", "done"};
	Json *out = json_new_map(), *needs = json_new_list();
	g_autofree char *place = place_text(graph, unit->place), *probe = probe_label(&unit->ready);
	json_set_text(out, "name", unit->name);
	json_set_text(out, "workload", unit->workload);
	json_set_text(out, "place", place);
	json_set_text(out, "ready", probe);
	for (guint i = 0; i < unit->needs->len; i++) {
		UnitNeed *need = unit->needs->pdata[i];
		Json *item = json_new_map();
		json_set_text(item, "unit", need->unit);
		json_set_text(item, "state", states[need->state]);
		json_append(needs, item);
	}
	json_set(out, "needs", needs);
	json_set(out, "container", unit_shown(unit));
	return out;
}

static Json *image_json(const WantedImage *image, const Graph *graph)
{
	Json *out = json_new_map();
	g_autofree char *place = place_text(graph, image->place);
	json_set_text(out, "image", image->image);
	json_set_text(out, "context", image->context);
	json_set_text(out, "dockerfile", image->dockerfile);
	json_set_text(out, "target", image->target);
	json_set_text(out, "place", place);
	return out;
}

static Json *problems_json(const Wanted *wanted, const Graph *graph)
{
	Json *list = json_new_list();
	for (guint i = 0; i < wanted->problems->len; i++) {
		const WantedProblem *problem = &g_array_index(wanted->problems, WantedProblem, i);
		g_autofree char *place = place_text(graph, problem->place);
		Json *item = json_new_map();
		json_set_text(item, "place", place);
		json_set_text(item, "text", problem->text);
		json_set_bool(item, "blocking", problem->blocking);
		json_append(list, item);
	}
	return list;
}

Json *wanted_json(const Wanted *wanted, const Graph *graph)
{
	Json *out = json_new_map();
	json_set_text(out, "project", wanted->project);
	for (guint i = 0; i < wanted->units->len; i++)
		json_append(json_list_in(out, "units"), unit_json(wanted->units->pdata[i], graph));
	for (guint i = 0; i < wanted->jobs->len; i++)
		json_append(json_list_in(out, "jobs"), unit_json(wanted->jobs->pdata[i], graph));
	for (guint i = 0; i < wanted->volumes->len; i++)
		json_append(
		        json_list_in(out, "volumes"), json_clone(((WantedVolume *)wanted->volumes->pdata[i])->body));
	for (guint i = 0; i < wanted->images->len; i++)
		json_append(json_list_in(out, "images"), image_json(wanted->images->pdata[i], graph));
	g_autoptr(GList) stores = sorted_stores(wanted);
	for (GList *at = stores; at; at = at->next)
		json_append_text(json_list_in(out, "files"), at->data);
	json_set(out, "problems", problems_json(wanted, graph));
	return out;
}
