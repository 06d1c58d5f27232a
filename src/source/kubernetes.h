/* Inside of the Kubernetes reader: kubernetes.c reads what all objects share, the others the kinds they are named for.
 */
#pragma once

#include "source/source.h"

/* A REFERENCE below parent to the object that the scalar names; NODE_NONE (and no facts) where name is no scalar or
 * empty. role says what it is for; kind is the kind that is wanted. */
Node add_reference(const SourceFile *file, Node parent, const char *role, const char *kind, const YamlNode *name);

/* The same with a namespace of its own, where one is written. */
Node add_reference_in(const SourceFile *file, Node parent, const char *role, const char *kind, const YamlNode *name,
        const YamlNode *namespace);

/* CloudNativePG labels its pods with the name of their cluster: a selector that asks for one names that cluster. */
void add_database_label(const SourceFile *file, const YamlNode *labels, Node parent);

/* A pod template or Pod, with its containers, volumes and everything they name. */
void read_pod(const SourceFile *file, const YamlNode *template, Node object);

/* Required node affinity of a pod or volume, as label=value for each value that is allowed. */
void add_node_affinity(const SourceFile *file, Node subject, const YamlNode *required);
/* What a Node has and keeps away, as `kubectl get nodes -o yaml` saves it; those that people write for labels and
 * taints have no status. Labels are read with the metadata. */
void add_node_facts(const SourceFile *file, const YamlNode *root, Node node);
/* What a pod asks of the node it runs on, and of the pods beside it. */
void read_placement(const SourceFile *file, const YamlNode *spec, Node pod);

/* The texts below node that may be names of other objects, as NAMES of the object; node may be NULL. */
void add_names(const SourceFile *file, const YamlNode *node, Node object);

/* Reads an object of Flux, Argo CD or the Helm controller of k3s; false for every other. */
bool read_flux(const SourceFile *file, const YamlNode *root, Node object);

/* An object that no file holds as such: a chart makes it of values that stand here. Its schema is not looked at. */
Node read_made_object(const SourceFile *file, const YamlNode *root, Node parent);

/* An item of a list as the API server gives it: its kind and version are the list's. NODE_NONE where it has no name. */
Node read_listed_object(const SourceFile *file, const YamlNode *root, Slice kind, Slice version, Node parent);
/* The same, with what the cluster says of it in its status. */
void read_live_object(const SourceFile *file, const YamlNode *root, Slice kind, Slice version, Node parent);

/* The values of the app-template chart as the objects that it makes of them, below parent. release is the release's
 * name, version the chart's as written, or empty. has_… says whether values have the chart's shape. */
bool has_app_template_values(const YamlNode *values);
void read_app_template(const SourceFile *file, const YamlNode *values, const char *release, Slice version, Node parent);
/* Only the keys of values that lack the shape: those of the chart itself, or, where nothing says of which version they
 * are, values that have it but for slips in the keys by which it is told. */
void check_app_template(
        const SourceFile *file, const YamlNode *values, const char *release, Slice version, Node parent);
/* The first two numbers of "4.1.1" or "~4.1" as 401; 0 where the text leaves the second open or is no version. */
uint32_t app_minor_version(Slice version);

/* Readers of one kind: spec may be NULL. */
typedef void KindReader(const SourceFile *file, const YamlNode *root, Node object);
KindReader read_service, read_ingress, read_ingress_route, read_http_route, read_gateway, read_reference_grant;
KindReader read_config_map, read_secret, read_sealed_secret, read_external_secret, read_certificate;
KindReader read_claim, read_persistent_volume, read_address_pool, read_definition;
