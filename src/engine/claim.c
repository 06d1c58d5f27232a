/* Folders of a claim. Engines of the version that is spoken mount whole volumes only; but where every container that
 * mounts a claim takes a folder of it, and none takes a folder within another's, a volume for each folder holds the
 * same bytes at the same places. Where one mounts the claim as a whole that would be two things that should be one: it
 * is said, and not done. */
#include "engine/inner.h"

#include "base/path.h"

static const Json *pod_spec(const Json *object)
{
	static const char *const paths[] = {"spec.template.spec", "spec.jobTemplate.spec.template.spec", "spec"};
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		const Json *spec = json_at(object, paths[i]);
		if (json_get(spec, "containers"))
			return spec;
	}
	return NULL;
}

/* Adds the folders (char *, borrowed) that the containers of a pod take of a volume; false if one takes the whole. */
static bool add_folders(const Json *spec, const char *volume, GPtrArray *folders)
{
	static const char *const kinds[] = {"containers", "initContainers"};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		JSON_EACH (json_get(spec, kinds[i]), container)
			JSON_EACH (json_get(container, "volumeMounts"), mount) {
				const char *below = json_text_at(mount, "subPath");
				if (g_strcmp0(json_text_at(mount, "name"), volume) != 0)
					continue;
				if (!below || !*below)
					return false;
				g_ptr_array_add(folders, (char *)below);
			}
	return true;
}

/* The same of all pods of a namespace that name the claim. */
static bool add_all_folders(const Making *making, const char *namespace, const char *claim, GPtrArray *folders)
{
	GHashTableIter at;
	const Json *object;
	g_hash_table_iter_init(&at, making->objects);
	while (g_hash_table_iter_next(&at, NULL, (void **)&object)) {
		const char *own = json_text_at(object, "metadata.namespace");
		const Json *spec = strcmp(own ? own : "default", namespace) == 0 ? pod_spec(object) : NULL;
		JSON_EACH (json_get(spec, "volumes"), volume) {
			const char *named = json_text_at(volume, "persistentVolumeClaim.claimName");
			if (g_strcmp0(named, claim) == 0 && !add_folders(spec, json_text_at(volume, "name"), folders))
				return false;
		}
	}
	return true;
}

static bool are_apart(const GPtrArray *folders)
{
	for (guint i = 0; i < folders->len; i++)
		for (guint o = 0; o < folders->len; o++) {
			const char *one = folders->pdata[i], *other = folders->pdata[o];
			if (strcmp(one, other) != 0 && path_is_below(slice_from(one), slice_from(other)))
				return false;
		}
	return true;
}

/* A folder as the end of a volume's name; a sum tells those apart that differ only in what no name may hold. */
static char *folder_word(const char *folder)
{
	GString *word = g_string_new(NULL);
	for (const char *at = folder; *at; at++)
		g_string_append_c(word, g_ascii_isalnum(*at) || strchr("_.-", *at) ? *at : '_');
	if (strcmp(word->str, folder) != 0) {
		g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, folder, -1);
		g_string_append_printf(word, "-%.8s", sum);
	}
	return g_string_free(word, FALSE);
}

char *claim_folder(
        const Making *making, const PodOrder *order, const char *volume, const char *claim, const char *folder)
{
	g_autoptr(GPtrArray) folders = g_ptr_array_new();
	if (!is_sane_key(folder) || !add_folders(json_get(order->template, "spec"), volume, folders) ||
	        !add_all_folders(making, order->namespace, claim, folders) || !are_apart(folders))
		return NULL;
	g_autofree char *word = folder_word(folder);
	return g_strdup_printf("%s-%s-%s.%s", making->wanted->project, order->namespace, claim, word);
}
