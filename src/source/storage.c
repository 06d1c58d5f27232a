/* Objects that hold or make data: ConfigMaps, Secrets and what makes Secrets, claims, volumes, address pools.
 * Values of Secrets are never kept, only their keys. */
#include "base/credential.h"
#include "source/kubernetes.h"

/* Longer values are programs and whole files; rules look at their bytes through the place of the key. */
#define MOST_VALUE 256

static void read_data(const SourceFile *file, const YamlNode *data, Node object, bool values)
{
	for (YamlPairs pairs = yaml_pairs(data); yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key))
			continue;
		Node key = add_named(file, NODE_KEY, object, pairs.key);
		if (values && yaml_is_scalar(pairs.value) && pairs.value->value.length <= MOST_VALUE)
			add_scalar(file, key, FACT_VALUE, pairs.value);
	}
}

void read_config_map(const SourceFile *file, const YamlNode *root, Node object)
{
	read_data(file, yaml_get(root, "data"), object, true);
	read_data(file, yaml_get(root, "binaryData"), object, false);
}

static void find_clear_values(const SourceFile *file, const YamlNode *data, Node object, bool base64)
{
	for (YamlPairs pairs = yaml_pairs(data); yaml_next_pair(&pairs);) {
		if (!yaml_is_scalar(pairs.key) || !yaml_is_scalar(pairs.value) ||
		        !credential_is_named(pairs.key->value) || !credential_is_clear(pairs.value->value, base64) ||
		        credential_is_own_name(pairs.key->value, pairs.value->value, base64))
			continue;
		bool known = credential_is_default(pairs.value->value, base64);
		Node secret = graph_add_node(file->builder, NODE_SECRET, object,
		        known ? SLICE("default password") : SLICE("value of a Secret"), pairs.value->start,
		        pairs.value->end);
		graph_add(file->builder, secret, FACT_NEARBY_NAME, pairs.key->value, pairs.key->start, pairs.key->end);
	}
}

void read_secret(const SourceFile *file, const YamlNode *root, Node object)
{
	add_scalar_of(file, object, FACT_TYPE, root, "type");
	read_data(file, yaml_get(root, "data"), object, false);
	read_data(file, yaml_get(root, "stringData"), object, false);
	/* Objects that tests apply hold passwords of nothing; tokens and private keys are found in them all the same.
	 */
	bool invented = file->class && (strcmp(file->class, "test") == 0 || strcmp(file->class, "example") == 0);
	if (!yaml_get(root, "sops") && !invented) {
		find_clear_values(file, yaml_get(root, "data"), object, true);
		find_clear_values(file, yaml_get(root, "stringData"), object, false);
	}
}

static void add_provides(const SourceFile *file, Node object, const char *kind, const YamlNode *name)
{
	if (!yaml_is_scalar(name) || name->value.length == 0)
		return;
	char *text = arena_printf(file->arena, "%s/%s", kind, name->value.at);
	graph_add(file->builder, object, FACT_PROVIDES, slice_from(text), name->start, name->end);
}

void read_sealed_secret(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *name = yaml_at(root, "spec.template.metadata.name");
	add_provides(file, object, "Secret", name ? name : yaml_at(root, "metadata.name"));
	add_pairs(file, object, FACT_ANNOTATION, yaml_at(root, "spec.template.metadata.annotations"));
	read_data(file, yaml_at(root, "spec.encryptedData"), object, false);
}

/* Keys are known only where neither a template nor dataFrom makes others. */
void read_external_secret(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *name = yaml_at(spec, "target.name");
	const YamlNode *store = yaml_get(spec, "secretStoreRef");
	add_provides(file, object, "Secret", name ? name : yaml_at(root, "metadata.name"));
	Slice kind = yaml_text_of(store, "kind");
	add_reference(file, object, "secret-store", kind.length ? kind.at : "SecretStore", yaml_get(store, "name"));
	const YamlNode *template = yaml_at(spec, "target.template"), *data = yaml_get(template, "data");
	bool merged = slice_is(yaml_text_of(template, "mergePolicy"), "Merge") || yaml_get(template, "templateFrom");
	add_pairs(file, object, FACT_ANNOTATION, yaml_at(template, "metadata.annotations"));
	if (merged)
		return; /* with keys that are not all in this file */
	if (data) {
		read_data(file, data, object, false);
	} else if (!yaml_get(spec, "dataFrom")) {
		YAML_EACH_ITEM (yaml_get(spec, "data"), item) {
			const YamlNode *key = yaml_get(item, "secretKey");
			if (yaml_is_scalar(key))
				add_named(file, NODE_KEY, object, key);
		}
	}
}

void read_certificate(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *issuer = yaml_get(spec, "issuerRef");
	add_provides(file, object, "Secret", yaml_get(spec, "secretName"));
	add_pairs(file, object, FACT_ANNOTATION, yaml_at(spec, "secretTemplate.annotations"));
	Slice kind = yaml_text_of(issuer, "kind");
	add_reference(file, object, "issuer", kind.length ? kind.at : "Issuer", yaml_get(issuer, "name"));
}

void read_claim(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec");
	add_scalar_of(file, object, FACT_CLASS_NAME, spec, "storageClassName");
	add_scalar_of(file, object, FACT_VOLUME_NAME, spec, "volumeName");
	add_reference(file, object, "volume-name", "PersistentVolume", yaml_get(spec, "volumeName"));
	add_scalar(file, object, FACT_CAPACITY, yaml_at(spec, "resources.requests.storage"));
	YAML_EACH_ITEM (yaml_get(spec, "accessModes"), mode)
		add_scalar(file, object, FACT_ACCESS_MODE, mode);
}

void read_persistent_volume(const SourceFile *file, const YamlNode *root, Node object)
{
	static const char *const types[] = {"hostPath", "local", "nfs", "csi", "iscsi", "cephfs", "rbd"};
	const YamlNode *spec = yaml_get(root, "spec");
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		const YamlNode *source = yaml_get(spec, types[i]);
		if (!source)
			continue;
		graph_add(file->builder, object, FACT_TYPE, slice_from(types[i]), source->start, source->end);
		if (i < 2)
			add_scalar_of(file, object, FACT_HOST_PATH, source, "path");
	}
	add_scalar_of(file, object, FACT_CLASS_NAME, spec, "storageClassName");
	add_scalar(file, object, FACT_CAPACITY, yaml_at(spec, "capacity.storage"));
	add_scalar_of(file, object, FACT_STRATEGY, spec, "persistentVolumeReclaimPolicy");
	const YamlNode *claim = yaml_get(spec, "claimRef");
	add_reference_in(
	        file, object, "claim", "PersistentVolumeClaim", yaml_get(claim, "name"), yaml_get(claim, "namespace"));
	add_node_affinity(file, object, yaml_at(spec, "nodeAffinity.required"));
}

/* MetalLB lists CIDRs and first-last ranges as texts, Cilium as maps; both are kept as written. */
void read_address_pool(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *blocks = yaml_get(spec, "blocks");
	YAML_EACH_ITEM (yaml_get(spec, "addresses"), range)
		add_scalar(file, object, FACT_ADDRESS, range);
	YAML_EACH_ITEM (blocks ? blocks : yaml_get(spec, "cidrs"), block) {
		const YamlNode *first = yaml_get(block, "start"), *last = yaml_get(block, "stop");
		add_scalar_of(file, object, FACT_ADDRESS, block, "cidr");
		if (!yaml_is_scalar(first) || !yaml_is_scalar(last))
			continue;
		char *range = arena_printf(file->arena, "%s-%s", first->value.at, last->value.at);
		graph_add(file->builder, object, FACT_ADDRESS, slice_from(range), first->start, first->end);
	}
}
