/* Drift on this machine: what the engine says beside what the files ask, as the findings and notes of `check --live`.
 * Who changed a container no engine tells; but where labwright made it just as the file still has it, all that differs
 * was set by hand, and else Git tells which commit is not yet applied. */
#include "flow/git.h"
#include "flow/live.h"
#include "flow/record.h"

#define MOST_STRANGERS 20 /* that are named one by one */

static char *day_text(gint64 seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);
	return g_date_time_format(time, "%Y-%m-%d %H:%M");
}

/* "; set by hand since labwright made it on 2026-09-01 10:00". */
static char *since_text(const UnitDrift *drift)
{
	g_autofree char *day = drift->made ? day_text(drift->made) : NULL;
	if (!day)
		return g_strdup("");
	return g_strdup_printf(drift->by_hand      ? "; set by hand since labwright made it on %s"
	                       : drift->by_compose ? "; made on %s by compose"
	                                           : "; made on %s",
	        day);
}

static Drift *drift_of(const Homelab *homelab, const Unit *unit)
{
	Drift *drift = g_new0(Drift, 1);
	drift->title = g_strdup_printf("%s/%s", unit->namespace, unit->workload);
	drift->path = g_strdup(graph_file_path(homelab->scan->graph, unit->place.file));
	drift->place = unit->place;
	drift->texts = g_ptr_array_new_with_free_func(g_free);
	return drift;
}

/* The commits that have changed the file since it was applied last. */
static void add_commits(const Homelab *homelab, const Json *record, const Unit *unit, Drift *drift)
{
	const char *commit = json_text_at(record_before(record, unit), "commit");
	g_auto(GStrv) commits = git_commits_since(homelab->scan->repo, commit, drift->path);
	for (char **one = commits; *one && **one; one++) {
		g_autofree char *text = g_strdup_printf("not applied yet: commit %s", *one);
		if (!g_ptr_array_find_with_equal_func(drift->texts, text, g_str_equal, NULL))
			g_ptr_array_add(drift->texts, g_steal_pointer(&text));
	}
}

/* Texts of one workload in one drift, whatever the number of its pods. */
static GPtrArray *join(const Homelab *homelab, const EngineDrift *found)
{
	GPtrArray *drifts = g_ptr_array_new_with_free_func(drift_free);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(Json) record = record_read(homelab->project);
	for (guint i = 0; i < found->units->len; i++) {
		const UnitDrift *one = found->units->pdata[i];
		g_autofree char *key = g_strdup_printf("%s/%s", one->unit->namespace, one->unit->workload),
		                *since = since_text(one);
		Drift *drift = g_hash_table_lookup(known, key);
		if (!drift) {
			drift = drift_of(homelab, one->unit);
			g_ptr_array_add(drifts, drift);
			g_hash_table_insert(known, g_steal_pointer(&key), drift);
		}
		g_ptr_array_add(drift->texts, g_strconcat(one->text, since, NULL));
		if (!one->by_hand && !one->by_compose)
			add_commits(homelab, record, one->unit, drift);
	}
	return drifts;
}

/* A service of a profile that is not asked for this time may run all the same. */
static bool is_of_profile(const Graph *graph, const Stranger *stranger, const char *project)
{
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		g_autofree char *end = g_strconcat("-", graph_name(graph, service), NULL);
		if (graph_has(graph, service, FACT_PROFILE) && g_str_has_prefix(stranger->name, project) &&
		        g_str_has_suffix(stranger->name, end))
			return true;
	}
	return false;
}

/* Where only a part of the repository is looked at, another part may ask for what is of its own. */
static void note_strangers(
        const Engine *engine, const Homelab *homelab, const EngineDrift *found, bool whole, GString *notes)
{
	uint32_t told = 0, left = 0;
	for (guint i = 0; i < found->strangers->len; i++) {
		const Stranger *stranger = found->strangers->pdata[i];
		g_autofree char *day = day_text(stranger->made);
		if ((stranger->inside && !whole) || is_of_profile(homelab->scan->graph, stranger, homelab->project))
			continue;
		if (told++ < MOST_STRANGERS)
			g_string_append_printf(notes,
			        "note: %s: %s (%s) %s, and no file here asks for it; made on %s %s\n",
			        engine_name(engine), stranger->name, stranger->image,
			        stranger->runs ? "runs" : "is there", day, stranger->origin);
		else
			left++;
	}
	if (left)
		g_string_append_printf(
		        notes, "note: %s: and %u more that no file here asks for\n", engine_name(engine), left);
}

/* Whether all that containers are given is known: a Secret that is not in Git is asked for by --secrets. */
static bool is_complete(const Homelab *homelab)
{
	for (guint i = 0; i < homelab->wanted->problems->len; i++)
		if (g_array_index(homelab->wanted->problems, WantedProblem, i).blocking)
			return false;
	return true;
}

GPtrArray *engine_drift(Engine *engine, const Homelab *homelab, bool whole, GString *notes, GError **error)
{
	g_auto(EngineDrift) found = {0};
	bool complete = is_complete(homelab);
	if (!engine_compare(engine, homelab->wanted, homelab->scan->graph, repo_root(homelab->scan->repo), complete,
	            &found, error))
		return NULL;
	GPtrArray *drifts = join(homelab, &found);
	g_string_append_printf(notes, "note: %s: %u of %u containers that the files ask for are there, ",
	        engine_name(engine), found.seen, homelab->wanted->units->len);
	g_string_append_printf(notes, "%u workloads differ\n", drifts->len);
	if (!complete)
		g_string_append_printf(notes,
		        "note: %s: variables and files of Secrets were not compared, since not all of "
		        "them are known: --secrets FILE\n",
		        engine_name(engine));
	note_strangers(engine, homelab, &found, whole, notes);
	return drifts;
}
