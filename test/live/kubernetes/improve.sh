#!/bin/sh
# The bundled homelab, improved and applied to a cluster: every pod gets a node, and what labwright says of the nodes is what
# the API server adds up; improve.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
examples=$(realpath "$here/../../../examples")
nodes asuna:8Gi:4 pesubuntu:32Gi:12
sh "$examples/history.sh" lab >/dev/null 2>&1
cd lab || exit 1
cp "$examples/labwright.yaml" labwright.yaml
git add -A
git -c user.name=a -c user.email=a@example.org commit -qm 'what labwright init asked'
git config user.name a
git config user.email a@example.org

# A volume of a claim on each node, for the scheduler to choose from: what the provisioner local-path makes on the node that
# it chose, since nothing here runs that would make it then.
volumes() { # of the claims in a list of objects: a size and a name of each
	jq -r '.items[] | (select(.kind == "PersistentVolumeClaim") | [.metadata.name, .spec.resources.requests.storage, .spec.storageClassName // ""]),
		(select(.kind == "StatefulSet") | . as $set | .spec.volumeClaimTemplates[]? | [.metadata.name + "-" + $set.metadata.name, .spec.resources.requests.storage, .spec.storageClassName // ""]) | join(" ")' "$1" |
		while read -r name size class; do
			[ "${class:-local-path}" = local-path ] || continue
			for node in asuna pesubuntu; do
				printf -- '---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: %s-%s}\nspec:\n  capacity: {storage: %s}\n  accessModes: [ReadWriteOnce]\n  storageClassName: local-path\n  local: {path: /var/lib/rancher/%s}\n  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%s]}]}]}}\n' \
					"$name" "$node" "$size" "$name" "$node"
			done
		done
}
all_pods() {
	api GET '/api/v1/pods?limit=500' >"$folder/pods.json"
}
scheduled() { # ALL WITHOUT: pods, and how many of them have no node
	all_pods
	[ "$(jq -c '[(.items | length), ([.items[] | select(.spec.nodeName | not)] | length)]' "$folder/pods.json")" = "[$1,$2]" ]
}
# Memory in bytes and cores in thousandths that pods of a node ask for, as the API server has them.
asked() {
	jq -c --arg node "$1" 'def amount: if test("Gi$") then .[:-2] | tonumber * 1073741824 elif test("Mi$") then .[:-2] | tonumber * 1048576 elif test("m$") then .[:-1] | tonumber elif test("[0-9]$") then tonumber else error end;
		def cores: if test("m$") then .[:-1] | tonumber else tonumber * 1000 end;
		[.items[] | select(.spec.nodeName == $node) | .spec.containers[].resources.requests // {}] | {cpu: (map(.cpu // "0" | cores) | add), memory: (map(.memory // "0" | amount) | add)}' "$folder/pods.json"
}

"$labwright" improve --usage "$examples/cluster/pods.json" --usage "$examples/cluster/metrics.json" >"$out" 2>"$err"
report $? 'improve' "code $?"
git checkout -q "$(git for-each-ref --format='%(refname:short)' 'refs/heads/labwright/*')"
"$labwright" render production infrastructure >"$folder/all.json" 2>/dev/null
{
	printf 'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: local-path, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}\nprovisioner: kubernetes.io/no-provisioner\nvolumeBindingMode: WaitForFirstConsumer\n'
	volumes "$folder/all.json"
} >"$folder/volumes.yaml"
mkdir "$folder/storage"
cp "$folder/volumes.yaml" "$folder/storage/"
run up --root "$folder/storage" --context lab --no-wait
is 'volumes as local-path would make them' "$code" 0
run check --format lines --rule unschedulable --rule hostport-collision
has 'what improve leaves to its owner: a volume on the other node' "$out" 'qdrant must run on pesubuntu, and its volume is on asuna'
has 'and a port that two want' "$out" "'whisper' and 'minio' both want TCP port 9000 of node pesubuntu"
is 'and no more that keeps a pod from its node' "$(grep -c error: "$out")" 2
run up production infrastructure --context lab --no-wait
is 'the improved homelab is applied' "$code" 0
wanted=$(jq '[.items[] | select(.kind == "Deployment" or .kind == "StatefulSet") | .spec.replicas // 1] + [.items[] | select(.kind == "DaemonSet") | 2] | add' "$folder/all.json")
eventually "of its $wanted pods all have a node but those two" scheduled "$wanted" 2
is 'which are the ones that were told' "$(jq -r '.items[] | select(.spec.nodeName | not) | .metadata.labels.app' "$folder/pods.json" | sort | tr '\n' ' ')" 'qdrant whisper '
run check --live --context lab --rule pod-failing --format lines
has 'and are told now, with the words of the scheduler' "$out" "Deployment whisper does not run: Unschedulable"

# Its owner gives the port that was named, and moves the bytes: a volume of the other node in place of the first.
grep -rl 'hostPort: 9000' production | xargs sed -i 's/hostPort: 9000/hostPort: 9001/'
sed -i '/kind: PersistentVolume$/,$s/asuna/pesubuntu/' production/ai-stack/qdrant/pv.yaml
git commit -qam 'whisper on 9001, the volume of qdrant on pesubuntu'
for path in /apis/apps/v1/namespaces/homelab/statefulsets/qdrant /api/v1/namespaces/homelab/persistentvolumeclaims/storage-qdrant-0 /api/v1/persistentvolumes/qdrant-storage; do
	api DELETE $path >/dev/null
done
gone() {
	[ "$(api GET /api/v1/persistentvolumes/qdrant-storage | jq .code)" = 404 ]
}
eventually 'the old volume goes' gone
run up production infrastructure --context lab --no-wait
is 'that is applied' "$code" 0
eventually "each of its $wanted pods has a node" scheduled "$wanted" 0
jq -r '.items[] | select(.spec.nodeName | not) | "# \(.metadata.name): \(.status.conditions[0].message)"' "$folder/pods.json"
run status --context lab --format json
for node in asuna pesubuntu; do
	is "status: what is asked of $node" "$(jq -c --arg node "$node" '.nodes[] | select(.name == $node) | {cpu: (.cpuAsked * 1000 | round), memory: .memoryAskedBytes}' "$out")" "$(asked $node)"
done
# What says no request is reckoned with more than nothing by placement, which says so; the API server counts requests.
run place --usage cluster:lab --format json
for node in asuna pesubuntu; do
	is "place: what is asked of $node" "$(jq -c --arg node "$node" '[.workloads[] | .nodes[$node] as $pods | select($pods)] as $here |
		(.nodes[] | select(.node == $node) | .before) | {cpu: (.cpu - ([$here[] | select(."cpu-from" != "request") | .demand.cpu * .nodes[$node]] | add // 0)),
		memory: (.memory - ([$here[] | select(."memory-from" != "request") | .demand.memory * .nodes[$node]] | add // 0))}' "$out")" "$(asked $node)"
done
reckoned=$(jq -c '[.nodes[] | .capacity as $all | .before as $now | ("cpu", "memory") as $what | [.node, $what, ($now[$what] * 100 / $all[$what] | ceil)]]' "$out")
run report --from HEAD --to HEAD --usage cluster:lab -o "$folder/report"
is 'report: the same in hundredths' "$(jq -c '[.nodes[] | [.node, .resource, .after]]' "$folder/report/report.json")" "$reckoned"
run check --live --context lab --rule pod-failing
is 'and nothing fails' "$code" 0
finish
