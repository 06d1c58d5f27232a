#!/bin/sh
# All of it on a branch of its own: what it brings, what it never touches, and that it can be begun again.
. "$(dirname "$0")/tap.sh"
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org

make_lab() {
	rm -rf lab && mkdir -p lab/k8s/llm lab/bot/models && git -C lab init -q -b main
	cat >lab/k8s/llm/ollama.yaml <<-'Y'
		apiVersion: v1
		kind: Service
		metadata: {name: ollama, namespace: lab}
		spec: {selector: {app: ollama}, ports: [{port: 11434, targetPort: 11435}]}
		---
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: ollama, namespace: lab}
		spec:
		  selector: {matchLabels: {app: ollama}}
		  template:
		    metadata: {labels: {app: ollama}}
		    spec:
		      nodeSelector: {kubernetes.io/hostname: anna}
		      containers:
		        - name: ollama
		          image: ollama/ollama:0.5.13
		          resources: {requests: {memory: 1Gi}}
		          readinessProbe: {tcpSocket: {port: 11434}}
		          ports: [{containerPort: 11434}]
	Y
	printf 'networks: {lan: {cidr: 192.168.8.0/24}}\nnodes: {anna: {addresses: {lan: 192.168.8.10}}}\n' >lab/labwright.yaml
	printf 'ANNA_IP=192.168.1.10\n' >lab/.env.lab
	printf '# Lab\nSee [ollama](k8s/llm/ollama.yaml).\n' >lab/README.md
	printf 'FROM python:3.12\nWORKDIR /srv\nCOPY . .\nCMD ["python", "main.py"]\n' >lab/bot/Dockerfile
	printf 'import models.state\n' >lab/bot/main.py
	touch lab/bot/models/__init__.py
	printf 'x = 1\n' >lab/bot/models/state.py
	printf 'models/\n' >lab/.gitignore
	git -C lab add -A && git -C lab commit -qm "a lab"
}

make_lab
commit=$(git -C lab rev-parse HEAD)
run improve --branch better lab
is "it succeeds" $code 0
is "the checkout stays where it was" "$(git -C lab rev-parse HEAD) $(git -C lab branch --show-current)" "$commit main"
is "and as it was" "$(git -C lab status --porcelain)" ""
is "no worktree is left behind" "$(git -C lab worktree list | wc -l | tr -d ' ')" 1
is "each commit says its phase" "$(git -C lab log --format='%(trailers:key=Labwright-Phase,valueonly,separator=)' main..better | sort -u | tr '\n' ' ')" "network reliability structure "
git -C lab show better:production/ai-stack/llm/ollama.yaml >after.yaml
has "a part is at its place, and mended there" after.yaml "targetPort: 11434"
is "an address follows labwright.yaml" "$(git -C lab show better:.env.lab)" "ANNA_IP=192.168.8.10"
is "what an ignore rule kept out comes in" "$(git -C lab show better:bot/models/state.py)" "x = 1"
has "errors before and after are told" "$out" "before;"
git -C lab merge -q better
run improve --branch more lab
is "a second run" $code 0
has "finds nothing to do" "$out" "so no branch was made"
is "and makes no branch" "$(git -C lab branch --list more)" ""
git -C lab commit -q --allow-empty -m "meanwhile"
run improve --branch better lab
is "a branch that was merged is begun anew" $code 0

# what stands in the way is told before anything is done
make_lab
git -C lab branch worse && git -C lab commit -q --allow-empty -m "meanwhile"
git -C lab checkout -q worse && git -C lab commit -q --allow-empty -m "of its own" && git -C lab checkout -q main
run improve --branch worse lab
is "a branch that lacks commits" $code 2
has "is told" "$err" "lacks commits that you made since"
git -C lab checkout -q worse
run improve --branch worse lab
is "a branch that is checked out" $code 3
has "is told, and what helps" "$err" "--branch NAME names another"
is "the checkout is as it was" "$(git -C lab status --porcelain) $(git -C lab worktree list | wc -l | tr -d ' ')" " 1"
git clone -q --bare lab bare.git
run improve bare.git
is "a bare repository" $code 2
has "has no checkout" "$err" "bare repository, without a checkout"
run report -o bare.out bare.git
is "but can be reported on" "$(jq -r '"\(.after.staged) \(.after.errors > 0)"' bare.out/report.json)" "0 true"
(
	unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL EMAIL
	git -C lab config user.useConfigOnly true
	run improve --branch nobody lab
	echo $code >code
	cp "$err" nobody.txt
)
is "nobody to make commits" "$(cat code)" 2
has "is told, and what helps" nobody.txt "git config user.name"
is "and no branch is made" "$(git -C lab branch --list nobody)" ""
git clone -q --depth 1 "file://$PWD/lab" shallow
git -C shallow checkout -q --detach
run improve --branch better shallow
is "a shallow clone, on no branch, will do" $code 0
is "and stays where it was" "$(git -C shallow branch --show-current) $(git -C shallow status --porcelain)" " "

make_lab
run improve --dry-run lab
is "a dry run" $code 0
has "shows the commits" "$out" "structure: move"
is "and leaves no branch" "$(git -C lab branch | tr -d ' *\n')" main

# with what the cluster says of itself, workloads go where there is room
make_lab
mkdir -p lab/k8s/web; cat >lab/k8s/web/web.yaml <<-'Y'
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: web, namespace: lab}
	spec:
	  selector: {matchLabels: {app: web}}
	  template:
	    metadata: {labels: {app: web}}
	    spec:
	      containers:
	        - name: web
	          image: example.org/web:1.0
	          resources: {requests: {memory: 3Gi}}
Y
printf 'networks: {lan: {cidr: 192.168.8.0/24}}\nnodes:\n  anna: {addresses: {lan: 192.168.8.10}, capacity: {cpu: 4, memory: 4Gi}}\n  bert: {capacity: {cpu: 4, memory: 16Gi}}\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "two nodes"
printf '{"apiVersion": "v1", "kind": "PodList", "items": [%s, %s]}\n' \
	'{"metadata": {"name": "web-7d9f8b6c5d-x2x4k", "namespace": "lab"}, "spec": {"nodeName": "anna", "containers": [{"name": "web"}]}, "status": {"phase": "Running"}}' \
	'{"metadata": {"name": "ollama-7d9f8b6c5d-x2x4l", "namespace": "lab"}, "spec": {"nodeName": "anna", "containers": [{"name": "ollama"}]}, "status": {"phase": "Running"}}' >pods.json
run improve --usage pods.json --branch better lab
is "placed by what the cluster says" $code 0
has "it is told" "$out" "1 workload placed"
git -C lab show better:k8s/web/web.yaml >web.yaml
has "the node selector stands in the template" web.yaml "        kubernetes.io/hostname: bert"
run improve --usage missing.json --branch worse lab
is "a file that is not there is told before anything is done" $code 3
is "and no branch is made" "$(git -C lab branch --list worse)" ""

# what later commits tie to a node is seen: nodes are chosen again at the end
git -C lab branch -q old
cat >lab/k8s/web/big.yaml <<-'Y'
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: big, namespace: lab}
	spec:
	  selector: {matchLabels: {app: big}}
	  template:
	    metadata: {labels: {app: big}}
	    spec:
	      nodeSelector: {kubernetes.io/hostname: nowhere}
	      containers:
	        - name: big
	          image: example.org/big:1.0
	          resources: {requests: {memory: 14Gi}}
Y
git -C lab add -A && git -C lab commit -qm "no such node yet"
cat >lab/.git/hooks/post-commit <<-'H'
	#!/bin/sh
	grep -rl nowhere k8s | grep -q big || exit 0
	git log -1 --format=%s | grep -q '^service-port-mismatch' || exit 0
	sed -i s/nowhere/bert/ k8s/web/big.yaml && git commit -qam "there is one"
H
chmod +x lab/.git/hooks/post-commit
run improve --usage pods.json --branch again lab
rm lab/.git/hooks/post-commit
is "with a pod that is tied in between" "$code $(git -C lab log --format=%s again | grep -c 'there is one')" "0 1"
is "the node was chosen" "$(git -C lab log -p again -- k8s/web/web.yaml | grep -c '^+.*hostname: bert')" 1
git -C lab show again:k8s/web/web.yaml >web.yaml
has "and chosen again" web.yaml "kubernetes.io/hostname: anna"
git -C lab reset -q --hard old

# which volume a pod has is settled before a node is chosen for it
cat >>lab/k8s/web/web.yaml <<-'Y'
	          volumeMounts: [{name: data, mountPath: /data}]
	      volumes:
	        - name: data
	          persistentVolumeClaim: {claimName: web-dat}
	---
	apiVersion: v1
	kind: PersistentVolumeClaim
	metadata: {name: web-data, namespace: lab}
	spec: {accessModes: [ReadWriteOnce], storageClassName: "", volumeName: web-data, resources: {requests: {storage: 1Gi}}}
	---
	apiVersion: v1
	kind: PersistentVolume
	metadata: {name: web-data}
	spec:
	  accessModes: [ReadWriteOnce]
	  capacity: {storage: 1Gi}
	  hostPath: {path: /srv/web}
	  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [anna]}]}]}}
Y
git -C lab commit -qam "data of web"
run improve --usage pods.json --branch bound lab
git -C lab show bound:k8s/web/web.yaml >web.yaml
has "the claim that was meant" web.yaml "claimName: web-data"
lacks "and no node where its data is not" web.yaml "kubernetes.io/hostname: bert"

make_lab
echo mine >>lab/README.md
echo new >lab/untracked.txt
run improve --branch better lab
is "changes of the user" $code 0
has "are told" "$out" "not committed were not looked at"
is "and kept" "$(git -C lab status --porcelain | tr '\n' ';')" " M README.md;?? untracked.txt;"

# killed and interrupted at random moments, it can be begun again, and a phase is there as a whole or not at all
make_lab
half=0
for seconds in 0.02 0.05 0.1 0.2 0.3 0.4 0.6 0.8 1.2 1.6; do
	timeout -s KILL $seconds "$labwright" improve --branch better lab >/dev/null 2>&1
	timeout -s INT $seconds "$labwright" improve --branch better lab >/dev/null 2>&1
	git -C lab log --format=%s main..better 2>/dev/null >subjects.txt
	grep -q 'move .* parts\? to' subjects.txt && ! grep -q 'follow the moves' subjects.txt && half=$((half + 1))
done
is "no branch has moves without the references that follow" $half 0
find lab/.git -name '*.lock' -delete # timeout kills git, too, and what that leaves only its user can take away
run improve --branch better lab
is "after it was killed, it goes on" $code 0
git -C lab show better:production/ai-stack/llm/ollama.yaml >again.yaml
is "to the same end" "$(cmp again.yaml after.yaml && echo same)" same
is "and nothing is left behind" "$(git -C lab worktree list | wc -l | tr -d ' ') $(git -C lab status --porcelain | wc -l | tr -d ' ')" "1 0"

rm -rf lab/.git
run improve lab
is "without Git there is no branch" $code 2
finish
