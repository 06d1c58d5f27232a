#!/bin/sh
# Placement as a user types it: the story of the reference homelab, questions, formats, and what is no question.
. "$(dirname "$0")/tap.sh"
story=$here/../place/story
cp -r "$here/../../examples/before" lab
run place --root lab/kubernetes
is "without any node that is known it cannot be done" $code 2
has "and it says what to write" "$err" "nodes: {NAME: {capacity: {cpu: 4, memory: 8Gi}}}"
run place --root lab
has "what documents say is enough, and named" "$out" "has what README.md:7, docs/nodes.md:7 says; nobody asked the node"

cp "$story/labwright.yaml" lab
run place --root lab
is "pods without a place are findings" $code 1
has "a volume on the other node" "$out" "pesubuntu: volume qdrant-storage lies on asuna"
has "and the clause that keeps it off this one" "$out" "asuna: nodeSelector kubernetes.io/hostname=pesubuntu"
has "estimates have a source" "$out" "ollama: cpu 100m, memory 8Gi; Ollama's README"
has "what runs where is asked for" "$out" "kubectl get pods -A -o json"

run place --root lab --usage "$story/pods.json" --usage "$story/metrics.json"
has "the moves have reasons in numbers" "$out" "asuna's memory 87 % → 36 %: they take 4.1Gi (measured), pesubuntu has 30.5Gi free"
has "the story" "$out" "94 % → 29 % on the fullest node"
has "with a proof" "$out" "OPTIMAL, proven"
lacks "pods that must stay stay" "$out" "move n8n"
cp "$out" first
run place --root lab --usage "$story/pods.json" --usage "$story/metrics.json"
is "the same answer each time" "$(cmp first "$out" && echo same)" same
LC_ALL=C run place --root lab --usage "$story/pods.json"
is "ASCII where the locale is" "$(LC_ALL=C grep -c '[^ -~]' "$out")" 0
run place --root lab --usage "$story/pods.json" --color always
has "colour where it is asked for" "$out" "$(printf '\033[32m')"

run place --root lab --usage "$story/pods.json" --format json
is "JSON that parses" "$(jq -r '.nodes | length' "$out")" 2
is "with steps" "$(jq -r '[.steps[] | select(.workload == "ollama")][0].to' "$out")" pesubuntu
is "and the place of each pod template" "$(jq -r '[.steps[] | select(.workload == "ollama")][0].pod.path' "$out")" services/ollama/ollama.yaml
run place --root lab --format svg
is "a picture" "$(head -c 4 "$out")" "<svg"
run place --root lab lab/services --usage "$story/pods.json" -o plan.txt
is "into a file, of a part" "$(grep -c -e ollama -e n8n plan.txt)" "$(grep -c ollama plan.txt)"

run place --root lab --usage "$story/pods.json" --what-if 'drain pesubuntu'
has "what if a node is drained" "$out" "pesubuntu: it is drained"
run place --root lab --what-if 'lose asuna'
has "what if it is lost" "$out" "asuna: it is lost"
run place --root lab --what-if 'add node third cpu=4 memory=16Gi' --what-if 'replicas ollama=3'
has "what if there is one more" "$out" "third"
run place --root lab --what-if 'drain pesubunt'
is "no such node" $code 2
has "but one like it" "$err" "did you mean 'pesubuntu'?"
for wrong in 'explode asuna' 'replicas ollama' 'replicas nothing=1' 'add node asuna cpu=1' 'add node x cpu=lots' drain '' ; do
	run place --root lab --what-if "$wrong"
	is "no question: '$wrong'" $code 2
done

cat >prometheus.json <<'END'
{"status":"success","data":{"resultType":"matrix","result":[
{"metric":{"__name__":"container_memory_working_set_bytes","namespace":"homelab","pod":"open-webui-7f9c6d8b5-mm4kc","container":"open-webui","node":"asuna"},"values":[[1,"104857600"],[2,"2147483648"],[3,"1048576"]]},
{"metric":{"namespace":"homelab","pod":"open-webui-7f9c6d8b5-mm4kc","container":"open-webui","node":"asuna"},"values":[[1,"0.25"]]},
{"metric":{"__name__":"container_cpu_usage_seconds_total","namespace":"homelab","pod":"open-webui-7f9c6d8b5-mm4kc","container":"open-webui"},"values":[[1,"99999"]]}]}}
END
run place --root lab --usage prometheus.json --format json
is "the peak of a range counts" "$(jq -c '.workloads[] | select(.workload == "open-webui") | [.demand.memory, .demand.cpu, ."memory-from"]' "$out")" '[2147483648,250,"measured"]'
cat >nodes.json <<'END'
{"kind":"NodeList","items":[{"metadata":{"name":"only","labels":{"zone":"x"}},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"8Gi"},"allocatable":{"cpu":"3900m","memory":"7Gi"}}}]}
END
rm lab/labwright.yaml
run place --root lab --usage nodes.json --format json
is "nodes as the cluster has them" "$(jq -c '.nodes[0].capacity | [.cpu, .memory]' "$out")" '[3900,7516192768]'
has "with their taints" "$out" "taint k:NoSchedule is not tolerated"
echo '{"a": 1}' >nothing.json
run place --root lab --usage nothing.json
is "a file that says nothing" $code 2
printf '{"items": [' >broken.json
run place --root lab --usage broken.json
is "a broken one" $code 2
run place --root lab --usage missing.json
is "a missing one" $code 3

# the edits, by fix: nodes, what is measured, replicas
mkdir three
cat >three/web.yaml <<-'Y'
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: web}
	spec:
	  replicas: 3 # one for each
	  selector: {matchLabels: {app: web}}
	  template:
	    metadata: {labels: {app: web}}
	    spec:
	      containers:
	        - name: web
	          image: example.org/web:1.0
	          resources: {requests: {memory: 3Gi}}
Y
printf 'nodes:\n  anna: {capacity: {cpu: 4, memory: 4Gi}}\n  bert: {capacity: {cpu: 4, memory: 4Gi}}\n' >three/labwright.yaml
run fix --root three --place --derive
is "fewer replicas only where they are asked for" "$(grep -c '^[-+] ' "$out")" 0
run fix --root three --place --replicas --derive --only placement-replicas
has "as many as have a place" "$out" "+  replicas: 2 # one for each"
run fix --root three --replicas
is "which place finds out" $code 2
cp "$story/labwright.yaml" lab
run fix --root lab --usage "$story/pods.json" --usage "$story/metrics.json" --place --derive --only placement
has "a node selector with its reason" "$out" "because asuna's memory 94 % -> 90 %: it takes 342Mi (measured), pesubuntu has 31Gi free"
has "the next command has the same options" "$out" "--place --usage"
run fix --root lab --usage "$story/metrics.json" --derive --only requests-missing --write
has "requests from what was measured" lab/services/mcp-tools/mcp-tools.yaml "              memory: 160Mi"
run check --root lab --usage "$story/metrics.json" --rule requests-missing
lacks "is enough" "$out" mcp-tools
run check --root lab --usage missing.json
is "no file, no check" $code 3
finish
