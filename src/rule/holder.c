/* Mounts of a compose service, followed from the container back into the repository. A volume, or a folder of the
 * machine, may hold anything. */
#include "rule/holder.h"

#include "base/path.h"
#include "rule/rule.h"

#include <string.h>

const char *path_within(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	while (length && folder[length - 1] == '/')
		length--;
	if (strncmp(path, folder, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length + (path[length] == '/');
}

Node mount_holding(const Graph *graph, Node service, const char *path)
{
	Node found = NODE_NONE;
	size_t deepest = 0;
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION);
		if (*at && strlen(at) >= deepest && path_within(path, at)) {
			found = mount;
			deepest = strlen(at);
		}
	}
	return found;
}

char *mount_source(const Graph *graph, Node service, Node mount)
{
	Slice folder = graph_folder_of(graph, service);
	const char *host = graph_text(graph, mount, FACT_HOST_PATH);
	char *path = *host && !is_open_text(host) ? path_resolve(folder, slice_from(host)) : NULL;
	if (path && !graph_has_path(graph, slice_from(path)))
		g_clear_pointer(&path, g_free);
	return path;
}

bool is_packed(const Graph *graph, uint32_t file)
{
	GRAPH_TO (graph, FACT_REFERS_TO, graph_file_node(graph, file), row)
		if (strcmp(graph_text(graph, row->subject, FACT_ROLE), "file") == 0 &&
		        graph_node_type(graph, graph_parent(graph, row->subject)) == NODE_GENERATED)
			return true;
	return false;
}
