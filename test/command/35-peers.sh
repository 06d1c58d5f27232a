#!/bin/sh
# Silences that were written for other checkers count where labwright.yaml honours them, and nowhere else.
. "$(dirname "$0")/tap.sh"

git init -q lab
cd lab || exit 1
printf 'a: 1\n# yamllint disable-line rule:key-duplicates\na: 2\n' >above.yaml
printf 'a: 1\na: 2  # yamllint disable-line rule:key-duplicates\n' >beside.yaml
printf 'services:\n  web:\n    image: nginx # dclint disable-line service-image-require-explicit-tag\n    restart: always\n' >compose.yaml
# pod NAME ANNOTATIONS COMMENT-IN COMMENT-ABOVE
pod() {
	cat >"$1.yaml" <<YAML
apiVersion: v1
kind: Pod
metadata:
  name: $1
  namespace: lab
  annotations: {$2}
spec:
  # $3
  containers:
    - name: main
      image: nginx:1.27.0
      resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
      securityContext:
        # $4
        privileged: true
YAML
}
pod checkov-in "" "checkov:skip=CKV_K8S_16:it drives the disks" ""
pod checkov-at '"checkov.io/skip1": "CKV_K8S_16=it drives the disks"' "" ""
pod trivy "" "" "trivy:ignore:AVD-KSV-0017"
pod linter '"ignore-check.kube-linter.io/privileged-container": "it drives the disks"' "" ""
pod other '"ignore-check.kube-linter.io/run-as-non-root": "another rule"' "checkov:skip=CKV_K8S_161:another rule" "trivy:ignore:KSV-00171"
cat >score.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: score, namespace: lab, annotations: {"kube-score/ignore": "service-targets-pod,pod-probes"}}
spec: {selector: {app: scores}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: score, namespace: lab, labels: {app: score}}
spec:
  containers:
    - name: main
      image: nginx:1.27.0
      resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
YAML
git add .
rules="--rule privileged --rule tag-floating --rule yaml-duplicate-key --rule service-selects-nothing"

# found: files with findings that are not silenced.
found() {
	# shellcheck disable=SC2086
	run check --format json $rules
	jq -r '[.findings[] | select(.suppressed | not) | .path] | unique | join(" ")' "$out"
}
honour() { printf 'honour: [%s]\n' "$1" >labwright.yaml && git add . && found; }

everything="above.yaml beside.yaml checkov-at.yaml checkov-in.yaml compose.yaml linter.yaml other.yaml score.yaml trivy.yaml"
is "without a word nobody is honoured" "$(found)" "$everything"
is "checkov" "$(honour checkov)" "above.yaml beside.yaml compose.yaml linter.yaml other.yaml score.yaml trivy.yaml"
is "trivy" "$(honour trivy)" "above.yaml beside.yaml checkov-at.yaml checkov-in.yaml compose.yaml linter.yaml other.yaml score.yaml"
is "kube-linter" "$(honour kube-linter)" "above.yaml beside.yaml checkov-at.yaml checkov-in.yaml compose.yaml other.yaml score.yaml trivy.yaml"
is "kube-score" "$(honour kube-score)" "above.yaml beside.yaml checkov-at.yaml checkov-in.yaml compose.yaml linter.yaml other.yaml trivy.yaml"
is "yamllint" "$(honour yamllint)" "checkov-at.yaml checkov-in.yaml compose.yaml linter.yaml other.yaml score.yaml trivy.yaml"
is "dclint" "$(honour dclint)" "above.yaml beside.yaml checkov-at.yaml checkov-in.yaml linter.yaml other.yaml score.yaml trivy.yaml"
is "all of them; another rule's name silences nothing" "$(honour "checkov, dclint, hadolint, kube-linter, kube-score, trivy, yamllint")" "other.yaml"
run check --format sarif --rule privileged
is "SARIF says so" "$(jq '[.runs[0].results[] | select(.suppressions | length > 0)] | length' "$out")" 4
run config show
has "config show says who is honoured, and where that stands" "$out" "  - kube-score  # labwright.yaml:1"
run check --rule suppression-unused --all
lacks "they are no silences of ours" "$out" "[suppression-unused]"
printf 'honour: [kubescape]\n' >labwright.yaml && git add .
run check --rule config-invalid
has "one that has no silences is not known" "$out" "honour"
finish
