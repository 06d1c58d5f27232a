#!/bin/sh
# labwright.yaml inferred: what agrees is written with its place, what disagrees is a question, nothing is overwritten.
. "$(dirname "$0")/tap.sh"
mkdir lab
for node in anna bert; do
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {nodeSelector: {kubernetes.io/hostname: %s}, containers: [{name: a, image: "nginx:1.27"}]}\n' \
		$node $node >lab/$node.yaml
done
printf 'ANNA_IP=192.168.8.10\nBERT_IP=192.168.8.20\n' >lab/.env
printf 'bert: 192.168.1.20\n' >lab/notes.txt
run init --root lab
is "it is printed" $code 0
has "what agrees is written, with its place" "$out" "lan: 192.168.8.10  # .env:1"
has "what disagrees is a question" "$out" "# ? lan: 192.168.8.20 (.env:2) or 192.168.1.20 (notes.txt:1)"
lacks "and none of both is chosen" "$out" "      lan: 192.168.8.20"
has "a network is guessed from it" "$out" "lan: {cidr: 192.168.8.0/24, kind: lan}  # a guess: one address, in .env:1"
run init --root lab --write
is "it is written where it is asked for" "$([ -f lab/labwright.yaml ] && echo yes)" yes
run check --root lab --rule config-invalid
is "the reader takes it" $code 0
cp lab/labwright.yaml before
run init --root lab --write
is "it is never overwritten" $code 2
is "not even in part" "$(cmp before lab/labwright.yaml && echo same)" same

mkdir -p several/archive several/inventory
printf 'all:\n  hosts:\n    carla:\n      ansible_host: 192.168.8.30\n    yes:\n      ansible_host: 192.168.8.31\n' >several/inventory/hosts.yml
printf '| node | LAN | storage |\n| --- | --- | --- |\n| dora | 192.168.8.40 | 10.10.10.40 |\n' >several/README.md
echo old >several/archive/x.txt
run init --root several
has "an inventory names machines" "$out" "carla:  # inventory/hosts.yml:4"
has "a table gives a machine several networks" "$out" "lan: 192.168.8.40  # README.md:3"
has "folders at the top are areas" "$out" '"inventory": "inventory/"  # 1 file'
has "what is archived is on its way out" "$out" '"archive": {paths: "archive/", deprecated: true}'
run init --root several --write
run check --root several --rule config-invalid
is "the reader takes this, too" $code 0
run config show --root several
has "a name that YAML would read as a truth is a name" "$out" "yes:"

mkdir nameless
printf 'ssh me@192.168.8.50\ncurl http://192.168.8.50:80\n' >nameless/up.sh
run init --root nameless
has "addresses of nobody are asked for" "$out" "# ? whose is 192.168.8.50 (up.sh:1, 2 times)"
run init --root nameless --write
run check --root nameless --rule config-invalid
is "and still it is a labwright.yaml" $code 0

mkdir -p sizes
cat >sizes/nodes.yaml <<'END'
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Node
    metadata: {name: emil}
    status:
      addresses:
        - address: 192.168.8.60
          type: InternalIP
      capacity: {cpu: "4", memory: 8039956Ki, pods: "110"}
END
cat >sizes/vms.tf <<'END'
locals {
  vms = [
    {
      name   = "frida"
      ip     = "192.168.8.61"
      cores  = 2
      memory = 4096
      node   = "hypervisor"
    },
    {
      name   = "gustav"
      ip     = "192.168.8.62"
      cores  = 8
      memory = 16384
    },
  ]
}
END
printf '| Host | IP | CPU | RAM |\n| --- | --- | --- | --- |\n| helga | 192.168.8.63 | i7-8700 | 32 GB |\n| ida | 192.168.8.64 | 4 cores | 512 GB (48GB VRAM) |\n' >sizes/README.md
run init --root sizes
has "a Node's manifest says what it has" "$out" "capacity: {cpu: 4, memory: 8039956Ki}  # nodes.yaml:11"
has "and which address" "$out" "lan: 192.168.8.60  # nodes.yaml:9"
has "a list of machines says it beside the address" "$out" "    capacity: {cpu: 2, memory: 4Gi}  # vms.tf:5"
has "each its own" "$out" "    capacity: {cpu: 8, memory: 16Gi}  # vms.tf:12"
has "what a document says is to be confirmed" "$out" "    # ? capacity: {memory: 32Gi}  # README.md:3"
has "cores are read where they are a number" "$out" "    # ? capacity: {cpu: 4, memory: 512Gi}  # README.md:4"
run init --root sizes --write
run check --root sizes --rule config-invalid
is "the reader takes capacities" $code 0

# where no address stands beside it
mkdir -p told
cat >told/labwright.yaml <<'END'
nodes:
  anna: {}
  bert: {}
  carl: {}
  dora: {}
END
cat >told/README.md <<'END'
# Machines

|        | anna             | bert              |
| ------ | ---------------- | ----------------- |
| Memory | 8 GB             | 32 GB             |
| CPU    | Intel N100       | Ryzen, 6 cores    |

## carl

- CPU: Intel N5095, 4 cores
- RAM: 16GB
- Disk: 500GB

dora (4-core, 8 GB of RAM, 256 GB SSD) is asleep most of the time.
Once anna had 2 cores. Last year bert had 64 GB RAM, and carl has a GPU with 24 GB VRAM.
END
printf 'anna has 4 cores.\nbert: 7.5 GiB RAM free\n' >told/notes.md
mv told/labwright.yaml told/.yaml
cat >told/pods.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  nodeSelector: {kubernetes.io/hostname: anna}
  containers: [{name: a, image: example.org/a:1, resources: {requests: {memory: 4Gi, cpu: "1"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  nodeSelector: {kubernetes.io/hostname: bert}
  containers: [{name: a, image: example.org/a:1, resources: {requests: {memory: 4Gi, cpu: "1"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: three}
spec:
  nodeSelector: {kubernetes.io/hostname: carl}
  containers: [{name: a, image: example.org/a:1, resources: {requests: {memory: 4Gi, cpu: "1"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: four}
spec:
  nodeSelector: {kubernetes.io/hostname: dora}
  containers: [{name: a, image: example.org/a:1, resources: {requests: {memory: 4Gi, cpu: "1"}}}]
END
run init --root told
has "machines may be columns, and a sentence fills in" "$out" "# ? capacity: {cpu: 4, memory: 8Gi}  # README.md:5, notes.md:1"
has "cores are found behind a name" "$out" "# ? capacity: {cpu: 6, memory: 32Gi}  # README.md:5, README.md:6"
has "a heading says whose a list is" "$out" "# ? capacity: {cpu: 4, memory: 16Gi}  # README.md:10, README.md:11"
has "a sentence that begins with the name" "$out" "# ? capacity: {cpu: 4, memory: 8Gi}  # README.md:14"
run place --root told
has "place goes by what documents say, and says so" "$out" "has what README.md:5, notes.md:1 says; nobody asked the node"
has "a half of it is used" "$out" "4Gi of 8Gi"
run place --root told --format json
has "programs are told too" "$out" '"stated":"README.md:14"'
printf 'dora: 16 GB RAM\n' >told/other.md
run place --root told
has "two documents that disagree both do not count" "$out" "README.md:14 and other.md:1 do not agree on what dora has, so neither counts"
mv told/.yaml told/labwright.yaml
sed -i 's/anna: {}/anna: {capacity: {cpu: 4, memory: 16Gi}}/' told/labwright.yaml
run place --root told
has "where the owner gives a capacity, documents are not listened to" "$out" "4Gi of 16Gi"
lacks "for no node" "$out" "nobody asked the node"
finish
