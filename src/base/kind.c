/* The kinds without a namespace: those of Kubernetes (v1.36) and of operators that homelabs run. */
#include "base/kind.h"

#include <glib.h>
#include <string.h>

bool kind_is_cluster_wide(const char *kind)
{
	static const char *const kinds[] = {"Namespace", "Node", "PersistentVolume", "StorageClass",
	        "VolumeSnapshotClass", "VolumeAttributesClass", "CSIDriver", "CSINode", "IngressClass", "GatewayClass",
	        "PriorityClass", "RuntimeClass", "CustomResourceDefinition", "APIService",
	        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy",
	        "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
	        "FlowSchema", "PriorityLevelConfiguration", "CertificateSigningRequest", "DeviceClass", "ServiceCIDR",
	        "CiliumLoadBalancerIPPool", "CiliumL2AnnouncementPolicy", "CiliumBGPClusterConfig",
	        "CiliumBGPPeerConfig", "CiliumBGPAdvertisement", "CiliumBGPPeeringPolicy",
	        "CiliumClusterwideNetworkPolicy", "NodeFeatureRule", "CephBlockPoolRadosNamespace"};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return g_str_has_prefix(kind, "Cluster") && g_ascii_isupper(kind[7]);
}
