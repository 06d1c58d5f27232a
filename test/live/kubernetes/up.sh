#!/bin/sh
# up, status, down and --rollback on a real control plane: up.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
enter_lab "$here/lab"
printf 'cluster: {context: lab}\n' >labwright.yaml
git add -A

# ---- before anything is there ----
# What goes into a namespace that comes along is not asked for: the server could only say that the namespace is not there.
start_proxy
: >"$KUBE/asked"
KUBECONFIG="$KUBE/proxy" run up --context proxy --dry-run
is 'what is all new' "$code" 0
is 'the namespace and the definition are tried' "$(grep -c 'PATCH.*dryRun' "$KUBE/asked")" 2
is 'and nothing that goes into it' "$(grep -c 'core/.*dryRun' "$KUBE/asked")" 0
sed -i 's/replicas: 2/replicaz: 2/' apps/core.yaml
git add -A
run up
is 'a field that nobody knows, in a namespace that comes along' "$code" 3
has 'is told in the words of the server' "$out" '.spec.replicaz: field not declared in schema'
is 'before anything is made' "$(api GET /api/v1/namespaces/core | jq .code)" 404
cp "$here/lab/apps/core.yaml" apps/
sed -i 's/replicas: 2/replicas: many/' apps/core.yaml
git add -A
run up
is 'and a value of the wrong type' "$code" 3
is 'as well' "$(api GET /api/v1/namespaces/core | jq .code)" 404
cp "$here/lab/apps/core.yaml" apps/
git add -A
make /apis/rbac.authorization.k8s.io/v1/clusterroles '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: some}, rules: [{apiGroups: ["", apiextensions.k8s.io], resources: ["*"], verbs: [get, list, create, patch]}]}'
make /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: some}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: some}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: keeper}]}'
sleep 1
run up --context keeper
is 'rights that are not enough' "$code" 3
has 'are told' "$out" 'User "keeper" cannot patch resource "deployments"'
is 'before anything is made, too' "$(api GET /api/v1/namespaces/core | jq .code)" 404
api DELETE /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/some >/dev/null

# ---- the first time ----
run up --dry-run
is 'a dry run' "$code" 0
has 'says what is made, with its place' "$out" '+ core/Deployment/web  apps/core.yaml:'
is 'and makes nothing' "$(api GET /api/v1/namespaces/core | jq .code)" 404
run up --dry-run --format json
is 'waves are in order' "$(jq -r '[.objects[].wave] | reduce .[] as $w ([]; if .[-1] == $w then . else . + [$w] end) | join(", ")' "$out")" 'namespaces, definitions, configuration, workloads, the rest'
run up --patience 60
is 'up' "$code" 0
has 'waits for what it made' "$out" '✓ core/Deployment/web'
is 'pods run on nodes of the scheduler' "$(api GET /api/v1/namespaces/core/pods | jq '[.items[] | select(.status.phase == "Running" and .spec.nodeName)] | length')" 3
is 'an object of a kind that came along' "$(api GET /apis/lab.example.org/v1/namespaces/core/lamps/kitchen | jq -r .spec.colour)" warm
is 'labwright owns what it applied' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq -r '[.metadata.managedFields[] | select(.operation == "Apply") | .manager] | tostring')" '["labwright"]'
run up
is 'a second up has nothing to do' "$code" 0
has 'and says so' "$out" '0 of 8 objects to do'
: >"$KUBE/asked"
KUBECONFIG="$KUBE/proxy" run up --context proxy
has 'by a proxy as well' "$out" '0 of 8 objects to do'
is 'what is as it was applied is not tried' "$(grep -c PATCH "$KUBE/asked")" 0
kill $proxy
run status
is 'all is well' "$code" 0
has 'nodes by what is asked of them' "$out" 'asuna'
has 'and pods' "$out" '3 of 3 running, 0 with problems'
run status --format json
is 'memory that is asked' "$(jq '[.nodes[].memoryAskedBytes] | add' "$out")" $(((1024 + 2 * 64) * 1024 * 1024))

# ---- changes ----
sed -i 's/web:1/web:2/; s/hello/good morning/; s/swordfish/lobster/' apps/core.yaml
git add -A
run up --dry-run
has 'a field that changes' "$out" 'spec.template.spec.containers[web].image: example.org/web:1 → example.org/web:2'
has 'values of Secrets are not shown' "$out" 'data.password: (hidden) → (hidden)'
lacks 'neither the old one' "$out" c3dvcmRmaXNo
lacks 'nor the new one' "$out" lobster
run up --patience 60
is 'a change is applied' "$code" 0
is 'on the cluster' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq -r '.spec.template.spec.containers[0].image')" example.org/web:2
run up --rollback --patience 60
is 'back again' "$code" 0
is 'to the old image' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq -r '.spec.template.spec.containers[0].image')" example.org/web:1
is 'and the old Secret' "$(api GET /api/v1/namespaces/core/secrets/keys | jq -r '.data.password | @base64d')" swordfish
run up --rollback
is 'only once' "$code" 2
has 'which is said' "$err" 'there is nothing to go back to'
git checkout -q -f . 2>/dev/null; git -c user.name=a -c user.email=a@a commit -qm x
run up --patience 60

# ---- others ----
put /apis/apps/v1/namespaces/core/deployments/web somebody 'apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: core}
spec: {replicas: 3}'
run up
is 'a field that somebody else has set stops it' "$code" 3
has 'which is said with owner and field' "$out" 'conflict: somebody keeps spec.replicas at another value'
is 'nothing is forced' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq .spec.replicas)" 3
run up --force-conflicts --patience 60
is 'unless that is meant' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq .spec.replicas)" 2
run up --rollback --patience 60
is 'which can be taken back, too' "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq .spec.replicas)" 3
run up --force-conflicts --patience 60
put /api/v1/namespaces/core/configmaps/web kustomize-controller 'apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: core, labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}'
sed -i 's/good morning/good evening/' apps/core.yaml
git add -A
run up
is 'what Flux applies is left to it' "$code" 3
has 'which is said' "$err" 'Flux (Kustomization flux-system/apps)'
has 'with what to do' "$err" 'git commit and push'
is 'nothing is changed' "$(api GET /api/v1/namespaces/core/configmaps/web | jq -r .data.greeting)" 'good morning'
git checkout -q -f HEAD -- apps

put /api/v1/namespaces/core/configmaps/web argocd-controller 'apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: core, annotations: {argocd.argoproj.io/tracking-id: "homelab:/ConfigMap:core/web"}, labels: {kustomize.toolkit.fluxcd.io/name: null}}'
api PATCH /api/v1/namespaces/core/configmaps/web -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"labels":{"kustomize.toolkit.fluxcd.io/name":null,"kustomize.toolkit.fluxcd.io/namespace":null}}}' >/dev/null
sed -i 's/good morning/good night/' apps/core.yaml
git add -A
run up
is 'what Argo CD applies is left to it' "$code" 3
has 'by its annotation' "$err" 'Argo CD (application homelab)'
has 'with a commit to make instead' "$err" 'git commit and push'
api PATCH /api/v1/namespaces/core/configmaps/web -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":null},"labels":{"argocd.argoproj.io/instance":"by-label"}}}' >/dev/null
run up --dry-run
has 'or by its label' "$(cat "$out" "$err" >"$folder/both"; echo "$folder/both")" 'Argo CD (application by-label)'
is 'and nothing is changed' "$(api GET /api/v1/namespaces/core/configmaps/web | jq -r .data.greeting)" 'good morning'
api PATCH /api/v1/namespaces/core/configmaps/web -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"labels":{"argocd.argoproj.io/instance":null}}}' >/dev/null
git checkout -q -f HEAD -- apps

# ---- what is wrong ----
sed -i 's/replicas: 2/replicaz: 2/' apps/core.yaml
git add -A
run up
has 'a field that nobody knows' "$out" 'replicaz'
is 'stops all' "$code" 3
git checkout -q -f HEAD -- apps
printf -- '---\napiVersion: example.org/v9\nkind: Ghost\nmetadata: {name: g}\n' >>apps/core.yaml
git add -A
run up
has 'a kind that the cluster does not have' "$out" 'this cluster has no kind Ghost of example.org/v9'
git checkout -q -f HEAD -- apps
cat >apps/broken.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: broken, namespace: core}
spec:
  selector: {matchLabels: {app: broken}}
  template:
    metadata: {labels: {app: broken}, annotations: {labwright.test/fate: pull}}
    spec: {containers: [{name: broken, image: example.org/nobody:has}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: later, namespace: core}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
END
git add -A
run up --patience 60
is 'a wave that breaks ends it' "$code" 3
has 'with the reason' "$err" 'ImagePullBackOff'
is 'and the later waves are not touched' "$(api GET /apis/networking.k8s.io/v1/namespaces/core/ingresses/later | jq .code)" 404
run up --rollback --patience 60
is 'what it had made goes away again' "$(api GET /apis/apps/v1/namespaces/core/deployments/broken | jq .code)" 404
run up --patience 60
run up --patience 60
has 'once more does what is left to do' "$out" '1 of'
is 'of the later waves' "$(api GET /apis/networking.k8s.io/v1/namespaces/core/ingresses/later | jq -r .metadata.name)" later
has 'and says what is still not ready' "$out" 'core/Deployment/broken'
is 'which is no success' "$code" 3
has 'for the same reason' "$err" 'ImagePullBackOff'
run up --no-wait
is 'unless nobody waits' "$code" 0
(
	sleep 4
	pod=$(api GET '/api/v1/namespaces/core/pods?labelSelector=app%3Dbroken' | jq -r '.items[0].metadata.name')
	# What its kubelet would say once the registry has the image.
	api PATCH "/api/v1/namespaces/core/pods/$pod/status" -H 'Content-Type: application/merge-patch+json' \
		-d '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"broken","image":"i","imageID":"i","ready":true,"restartCount":0,"state":{"running":{}}}]}}' >/dev/null
) &
run up --patience 60
wait $!
is 'it is waited for, though there is nothing to do' "$code" 0
has 'until it is ready' "$out" '✓ core/Deployment/broken'

# ---- what goes ----
rm apps/broken.yaml apps/kinds.yaml
git add -A
run up --patience 60
is 'without --prune nothing is removed' "$(api GET /apis/lab.example.org/v1/namespaces/core/lamps/kitchen | jq -r .spec.colour)" warm
api POST /api/v1/namespaces/core/configmaps -H 'Content-Type: application/yaml' --data-binary 'apiVersion: v1
kind: ConfigMap
metadata: {name: copied, labels: {labwright/project: lab}}' >/dev/null
run up --prune apps
is '--prune of a part is refused' "$code" 2
run up --prune --patience 60
is 'with it what is in no file goes' "$(api GET /apis/lab.example.org/v1/namespaces/core/lamps/kitchen | jq .code)" 404
is 'but not what labwright did not apply' "$(api GET /api/v1/namespaces/core/configmaps/copied | jq -r .metadata.name)" copied
is 'and no definition, with which others would lose theirs' "$(api GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/lamps.lab.example.org | jq -r .metadata.name)" lamps.lab.example.org
# ---- with the rights that are shipped ----
for role in read apply; do
	put /apis/rbac.authorization.k8s.io/v1/clusterroles/labwright-$role test "$(cat "$here/../../../examples/rbac/$role.yaml")"
	put /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/keeper-$role test "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: keeper-$role}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labwright-$role}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: keeper}]}"
done
sleep 1
sed -i 's/example.org\/queue:1/example.org\/queue:2/' apps/core.yaml
git add -A
run up --context keeper --patience 60
is 'both roles are enough to apply' "$code" 0
is 'what changed' "$(api GET /apis/apps/v1/namespaces/core/statefulsets/queue | jq -r '.spec.template.spec.containers[0].image')" example.org/queue:2
run up --context keeper --rollback --patience 60
is 'and to go back' "$code" 0
# Whoever binds a role has to hold what it grants, so that the role has to be there before.
for i in $(seq 12); do
	printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a%s, namespace: core}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: z%s}\nsubjects: [{kind: ServiceAccount, name: default}]\n' "$i" "$i"
	printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: z%s, namespace: core}\nrules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]\n' "$i"
done >apps/rights.yaml
git add -A
run up --context keeper --patience 60
is 'roles before those who bind them' "$code" 0
is 'all of them' "$(api GET /apis/rbac.authorization.k8s.io/v1/namespaces/core/rolebindings | jq '.items | length')" 12
git rm -qf apps/rights.yaml

run down
is 'down' "$code" 0
is 'takes the workloads' "$(api GET /apis/apps/v1/namespaces/core/deployments | jq '.items | length')" 0
is 'and not the namespace' "$(api GET /api/v1/namespaces/core | jq -r .status.phase)" Active
finish
