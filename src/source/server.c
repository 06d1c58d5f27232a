/* What Loki's configuration says of the container it runs in: the ports that it listens on and the folders that it
 * writes to. Promtail, Tempo and Mimir are of the same family and say their ports in the same way. The configuration is
 * told by its shape, as a file, as the text of a ConfigMap, or among the values of a chart. */
#include "source/source.h"

static void add_port(const SourceFile *file, Node node, FactKind kind, const YamlNode *port)
{
	uint32_t number;
	if (yaml_number(port, &number) && number > 0 && number < 65536) /* 0 lets the machine choose */
		graph_add_number(file->builder, node, kind, number, port->start, port->end);
}

static void read_ports(const SourceFile *file, const YamlNode *map, Node node)
{
	const YamlNode *server = yaml_get(map, "server"), *gossip = yaml_get(map, "memberlist"),
	               *internal = yaml_get(map, "internal_server");
	if (!yaml_get(server, "http_listen_port") && !yaml_get(server, "grpc_listen_port"))
		return;
	add_port(file, node, FACT_LISTENS_ON, yaml_get(server, "http_listen_port"));
	add_port(file, node, FACT_LISTENS_BESIDE, yaml_get(server, "grpc_listen_port"));
	add_port(file, node, FACT_LISTENS_BESIDE, yaml_get(gossip, "bind_port"));
	add_port(file, node, FACT_LISTENS_BESIDE, yaml_get(internal, "http_listen_port"));
}

static void add_folder(const SourceFile *file, Node node, FactKind kind, const YamlNode *path)
{
	if (yaml_is_scalar(path) && slice_starts(path->value, "/") && !yaml_is_open(path->value))
		add_scalar(file, node, kind, path);
}

/* Some period of the schema keeps its chunks in files; those of a bucket leave the folder empty. */
static bool keeps_files(const YamlNode *map)
{
	bool any = false;
	YAML_EACH_ITEM (yaml_at(map, "schema_config.configs"), period) {
		if (slice_is(yaml_text_of(period, "object_store"), "filesystem"))
			return true;
		any = true;
	}
	return !any;
}

/* All but the chunks can be made again, or is of the last minutes. */
static void read_folders(const SourceFile *file, const YamlNode *map, Node node)
{
	static const char *const chunks[] = {
	        "storage_config.filesystem.directory", "common.storage.filesystem.chunks_directory"};
	static const char *const others[] = {"common.path_prefix", "common.storage.filesystem.rules_directory",
	        "storage_config.tsdb_shipper.active_index_directory", "storage_config.tsdb_shipper.cache_location",
	        "storage_config.boltdb_shipper.active_index_directory", "storage_config.boltdb_shipper.cache_location",
	        "storage_config.boltdb.directory", "compactor.working_directory", "ingester.wal.dir", "ruler.rule_path",
	        "ruler.wal.dir"};
	FactKind kind = keeps_files(map) ? FACT_KEEPS_PATH : FACT_WRITES_PATH;
	for (size_t i = 0; i < G_N_ELEMENTS(chunks); i++)
		add_folder(file, node, kind, yaml_at(map, chunks[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		add_folder(file, node, FACT_WRITES_PATH, yaml_at(map, others[i]));
}

/* Rules that lie among its own data are written by Loki itself; elsewhere somebody brings them. */
static void read_rules(const SourceFile *file, const YamlNode *map, Node node)
{
	const YamlNode *rules = yaml_at(map, "ruler.storage.local.directory");
	Slice own = yaml_text(yaml_at(map, "common.path_prefix")), path = yaml_text(rules);
	bool within = own.length && slice_starts(path, own.at);
	add_folder(file, node, within ? FACT_WRITES_PATH : FACT_READS_PATH, rules);
}

bool speaks_of_server(Slice text)
{
	return slice_find(text, "_listen_port:", 0) != SIZE_MAX || slice_find(text, "schema_config:", 0) != SIZE_MAX;
}

void read_server(const SourceFile *file, const YamlNode *map, Node node)
{
	read_ports(file, map, node);
	if (!yaml_is_map(yaml_get(map, "schema_config")))
		return;
	read_folders(file, map, node);
	read_rules(file, map, node);
}
