/* What has to be done so that what runs is what is wanted. Nothing is asked of the engine here. */
#include "engine/inner.h"

static bool is_meant(const char *namespace, const char *workload, const char *pod, const char *const *only)
{
	if (!only)
		return true;
	const char *slash = workload ? strchr(workload, '/') : NULL, *name = slash ? slash + 1 : workload;
	for (; *only; only++) {
		const char *part = strchr(*only, '/');
		if (g_strcmp0(*only, workload) == 0 || g_strcmp0(*only, name) == 0 || g_strcmp0(*only, pod) == 0)
			return true;
		if (part && namespace && strncmp(*only, namespace, (size_t)(part - *only)) == 0 &&
		        namespace[part - *only] == '\0' &&
		        (g_strcmp0(part + 1, name) == 0 || g_strcmp0(part + 1, workload) == 0 ||
		                g_strcmp0(part + 1, pod) == 0))
			return true;
	}
	return false;
}

bool unit_is_meant(const Unit *unit, const char *const *only)
{
	return is_meant(unit->namespace, unit->workload, unit->pod, only);
}

bool container_is_meant(const LiveContainer *container, const char *const *only)
{
	return is_meant(container->namespace, container->workload, container->pod, only);
}

static Change step_for(const Unit *unit, const LiveContainer *live)
{
	if (!live)
		return (Change){CHANGE_CREATE, unit, NULL, "new"};
	if (g_strcmp0(live->hash, unit_hash(unit)) != 0)
		return (Change){CHANGE_REPLACE, unit, live,
		        g_strcmp0(live->image, json_text_at(unit->body, "Image")) != 0 ? "another image" : "changed"};
	if (live->state == LIVE_DEAD)
		return (Change){CHANGE_REPLACE, unit, live, "was being removed"};
	if (live->state == LIVE_CREATED) /* a run that was killed may not have come to its networks and folders */
		return (Change){CHANGE_REPLACE, unit, live, "was never started"};
	if (unit->repeated && live->state == LIVE_EXITED)
		return (Change){CHANGE_START, unit, live, "ended"};
	if (unit->once && live->state == LIVE_EXITED && live->exit_code == 0)
		return (Change){CHANGE_KEEP, unit, live, "done"};
	if (unit->once && live->state == LIVE_EXITED) /* what it left behind must not stand in its way */
		return (Change){CHANGE_REPLACE, unit, live, "failed before"};
	if (live->state == LIVE_RUNNING || live->state == LIVE_RESTARTING)
		return (Change){CHANGE_KEEP, unit, live, "as wanted"};
	return (Change){CHANGE_START, unit, live, "stopped"};
}

/* Whether a container lives in another's network, or has its mounts. */
static bool hangs_on(const Unit *unit, const char *other)
{
	const char *mode = json_text_at(unit->body, "HostConfig.NetworkMode");
	if (mode && g_str_has_prefix(mode, "container:") && strcmp(mode + strlen("container:"), other) == 0)
		return true;
	size_t length = strlen(other);
	JSON_EACH (json_at(unit->body, "HostConfig.VolumesFrom"), entry) {
		const char *text = json_text(entry);
		if (text && strncmp(text, other, length) == 0 && (!text[length] || text[length] == ':'))
			return true;
	}
	return false;
}

/* Where a container is made anew, those that hang on it follow; units stand in the order of their needs. */
static void follow_others(Rollout *rollout)
{
	for (guint i = 0; i < rollout->steps->len; i++) {
		const Change *owner = &g_array_index(rollout->steps, Change, i);
		if (owner->kind != CHANGE_REPLACE && owner->kind != CHANGE_CREATE)
			continue;
		for (guint o = 0; o < rollout->steps->len; o++) {
			Change *step = &g_array_index(rollout->steps, Change, o);
			if ((step->kind == CHANGE_KEEP || step->kind == CHANGE_START) &&
			        hangs_on(step->unit, owner->unit->name))
				*step = (Change){CHANGE_REPLACE, step->unit, step->live, "what it hangs on is new"};
		}
	}
}

/* An init container that is done is run again before the containers after it are made anew. */
static void follow_inits(Rollout *rollout)
{
	for (guint i = rollout->steps->len; i-- > 0;) {
		const Change *step = &g_array_index(rollout->steps, Change, i);
		if (step->kind != CHANGE_CREATE && step->kind != CHANGE_REPLACE)
			continue;
		for (guint n = 0; n < step->unit->needs->len; n++) {
			const UnitNeed *need = step->unit->needs->pdata[n];
			for (guint o = 0; need->state == NEED_DONE && o < rollout->steps->len; o++) {
				Change *init = &g_array_index(rollout->steps, Change, o);
				if (strcmp(init->unit->name, need->unit) == 0 && init->unit->role == UNIT_INIT &&
				        init->kind == CHANGE_KEEP)
					*init = (Change){
					        CHANGE_REPLACE, init->unit, init->live, "runs before a new container"};
			}
		}
	}
}

void rollout_follow(Rollout *rollout)
{
	follow_others(rollout);
	follow_inits(rollout);
}

Rollout *rollout_new(const Wanted *wanted, const Live *live, const char *const *only)
{
	Rollout *rollout = g_new0(Rollout, 1);
	rollout->images = g_hash_table_new(g_str_hash, g_str_equal);
	rollout->wanted = wanted;
	rollout->live = live;
	rollout->steps = g_array_new(FALSE, FALSE, sizeof(Change));
	for (guint i = 0; i < wanted->units->len; i++) {
		const Unit *unit = wanted->units->pdata[i];
		if (!unit_is_meant(unit, only))
			continue;
		Change step = step_for(unit, live_find(live, unit->name));
		g_array_append_val(rollout->steps, step);
	}
	rollout_follow(rollout);
	for (guint i = 0; !only && i < live->containers->len; i++) {
		const LiveContainer *container = live->containers->pdata[i];
		if (!wanted_find(wanted, container->name)) {
			Change step = {CHANGE_REMOVE, NULL, container, "no longer wanted"};
			g_array_append_val(rollout->steps, step);
		}
	}
	return rollout;
}

void rollout_free(Rollout *rollout)
{
	if (!rollout)
		return;
	g_array_unref(rollout->steps);
	g_hash_table_unref(rollout->images);
	g_free(rollout);
}

uint32_t rollout_changes(const Rollout *rollout)
{
	uint32_t changes = 0;
	for (guint i = 0; i < rollout->steps->len; i++)
		changes += g_array_index(rollout->steps, Change, i).kind != CHANGE_KEEP;
	return changes;
}
