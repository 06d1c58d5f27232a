#include "source/source.h"
static bool claims(const SourceFile *file, const YamlDocument *document)
{
	return yaml_get(document->root, "apiVersion") && yaml_get(document->root, "kind");
}
static void read_object(const SourceFile *file, const YamlDocument *document, Node node)
{
	Node object = add_named(file, NODE_OBJECT, node,
	        yaml_at(document->root, "metadata.name") ? yaml_at(document->root, "metadata.name") : document->root);
	add_scalar_of(file, object, FACT_KIND, document->root, "kind");
}
const Dialect dialect_kubernetes = {"kubernetes", claims, read_object};
