/* What was there before the last `up`, so that it can be gone back to: in a Secret of the cluster, as Helm does, since
 * fields of Secrets are among it, and these are never written to a disk of ours. One step back is kept. */
#include "cluster/inner.h"

#include "base/error.h"

#define MOST_BYTES 1000000 /* an object of a cluster may hold 1 MiB */

static char *record_path(const Cluster *cluster, const char *project)
{
	return g_strdup_printf(
	        "/api/v1/namespaces/%s/secrets/labwright-%s-before", cluster->access->namespace, project);
}

static GBytes *convert(GConverter *converter, const void *bytes, size_t length)
{
	g_autoptr(GInputStream) source = g_memory_input_stream_new_from_data(bytes, (gssize)length, NULL);
	g_autoptr(GInputStream) stream = g_converter_input_stream_new(source, converter);
	g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
	if (g_output_stream_splice(out, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) < 0)
		return NULL;
	return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
}

static Json *record_of(const ClusterPlan *plan)
{
	static const char *const kept[] = {"apiVersion", "kind"};
	Json *record = json_new_map(), *steps = json_list_in(record, "steps");
	for (guint i = 0; i < plan->steps->len; i++) {
		const ClusterStep *step = plan->steps->pdata[i];
		if (step->kind == OBJECT_KEEP || step->kind == OBJECT_REMOVE || !step->path)
			continue;
		Json *item = json_new_map(), *object = json_map_in(item, "object");
		json_set_text(item, "path", step->path);
		json_set_number(item, "wave", step->wave);
		for (size_t k = 0; k < G_N_ELEMENTS(kept); k++)
			json_set_text(object, kept[k], json_text_at(step->object, kept[k]));
		json_set_text(json_map_in(object, "metadata"), "name", json_text_at(step->object, "metadata.name"));
		json_set_text(
		        json_map_in(object, "metadata"), "namespace", json_text_at(step->object, "metadata.namespace"));
		json_set(item, "before", step->before ? json_keep(step->before) : json_new_nil());
		json_append(steps, item);
	}
	return record;
}

bool undo_write(Cluster *cluster, const ClusterPlan *plan, GError **error)
{
	g_autoptr(Json) record = record_of(plan), secret = json_new_map();
	g_autofree char *text = json_print(record), *path = record_path(cluster, plan->project),
	                *where = apply_path(path, false, true),
	                *name = g_strdup_printf("labwright-%s-before", plan->project);
	g_autoptr(GZlibCompressor) packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
	g_autoptr(GBytes) packed = convert(G_CONVERTER(packer), text, strlen(text));
	gsize length;
	const guchar *bytes = g_bytes_get_data(packed, &length);
	if (length > MOST_BYTES) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "what would be gone back to has %zu bytes packed, and an object may hold %d", length,
		        MOST_BYTES);
		error_add_help(error, "apply fewer paths at once, or --no-record to do without --rollback");
		return false;
	}
	g_autofree char *encoded = g_base64_encode(bytes, length);
	json_set_text(secret, "apiVersion", "v1");
	json_set_text(secret, "kind", "Secret");
	json_set_text(secret, "type", "labwright/before");
	json_set_text(json_map_in(secret, "metadata"), "name", name);
	json_set_text(json_map_in(secret, "data"), "steps", encoded);
	g_autoptr(Json) answer = cluster_send(cluster, "PATCH", where, secret, APPLY_TYPE, error);
	if (!answer)
		g_prefix_error(error, "what was before cannot be kept in the cluster: ");
	return answer != NULL;
}

Json *undo_read(Cluster *cluster, const char *project, GError **error)
{
	g_autofree char *path = record_path(cluster, project);
	g_autoptr(GError) failure = NULL;
	g_autoptr(Json) secret = cluster_get(cluster, path, &failure);
	if (!secret && cluster_said(failure, 404)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "there is nothing to go back to: no `up` of %s has changed this cluster since the last "
		        "--rollback",
		        project);
		return NULL;
	}
	if (!secret) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	const char *encoded = json_text_at(secret, "data.steps");
	gsize length;
	g_autofree guchar *bytes = g_base64_decode(encoded ? encoded : "", &length);
	g_autoptr(GZlibDecompressor) unpacker = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	g_autoptr(GBytes) text = convert(G_CONVERTER(unpacker), bytes, length);
	Json *record = text ? json_parse((Slice){g_bytes_get_data(text, NULL), g_bytes_get_size(text)}, NULL) : NULL;
	if (!record)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s is damaged", path);
	return record;
}

bool cluster_forget_record(Cluster *cluster, const char *project, GError **error)
{
	g_autofree char *path = record_path(cluster, project);
	g_autoptr(GError) failure = NULL;
	g_autoptr(Json) answer = cluster_send(cluster, "DELETE", path, NULL, NULL, &failure);
	if (answer || cluster_said(failure, 404))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}
