#!/bin/sh
# check --render: the owner's kustomize, real where there is one (PATH, or what tools/asked.sh has built), is asked what
# kustomizations come to that are beyond labwright; nothing is fetched, no plugin runs.
. "$(dirname "$0")/tap.sh"
export TMPDIR="$folder/passing" # where others leave nothing
mkdir "$TMPDIR"

mkdir -p shop till/charts/web/templates
cat >shop/kustomization.yaml <<'END'
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: my-
namespace: shop
resources: [settings.yaml, web.yaml]
replacements:
  - source: {kind: ConfigMap, name: settings, fieldPath: data.port}
    targets:
      - select: {kind: Service, name: web}
        fieldPaths: [spec.ports.0.targetPort]
  - source: {kind: ConfigMap, name: settings, fieldPath: data.image}
    targets:
      - select: {kind: Deployment, name: web}
        fieldPaths: ["spec.template.spec.containers.[name=web].image"]
END
cat >shop/settings.yaml <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, annotations: {config.kubernetes.io/local-config: "true"}}
data: {port: "9999", image: "ghcr.io/shop/web:latest"}
END
cat >shop/web.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: placeholder:1
          ports: [{containerPort: 9000}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: 9000
END
git init -q && git add -A

PATH_BEFORE=$PATH
PATH=/nonexistent run check --render --all --format lines
has "without kustomize it says what it does not know" "$err" "1 kustomizations are beyond labwright"

kustomize=$(command -v kustomize || :)
[ -n "$kustomize" ] || kustomize=$HOME/.cache/labwright-asked/kustomize
if [ ! -x "$kustomize" ]; then
	for name in "replacements are made" "the place is that of the file" "names are not changed twice" \
		"the second run asks nobody" "kubectl does it, too" "nothing is fetched" "no plugin runs" \
		"a chart that is not here is said" "no folder is left"; do
		skip "$name" "there is no kustomize: sh tools/asked.sh kustomize builds one"
	done
	finish
fi
mkdir "$folder/bin" && cp -L "$kustomize" "$folder/bin/kustomize"
PATH=$folder/bin:/usr/bin:/bin

run check --all --format lines
lacks "without --render nobody is asked" "$out" "9999"
run check --render --all --format lines
has "replacements are made" "$err" "note: kustomize rendered 1 of 1 kustomizations ("
has "the place is that of the file" "$out" "shop/web.yaml:21:19: error: Service web sends to port 9999"
has "a value that comes from elsewhere stands where it goes" "$out" "shop/web.yaml:11:18: warning: 'ghcr.io/shop/web' follows"
cp "$out" "$folder/first"
kept=$(grep -l 9999 "$folder/.cache/labwright/rendered"/*)
sed -i 's/:latest/:1.2/' "$kept"
run check --render --all --format lines
lacks "the second run asks nobody" "$out" "tag-floating"
run check --render --all --format lines --no-cache
is "unless it keeps nothing" "$(cmp "$folder/first" "$out" && echo same)" same
rm "$kept"

mv "$folder/bin/kustomize" "$folder/bin/kustomize.real"
cat >"$folder/bin/kubectl" <<END
#!/bin/sh
[ "\$1" = version ] && echo Client Version: v1.34.0 && exit
shift && exec "$folder/bin/kustomize.real" build "\$@"
END
chmod +x "$folder/bin/kubectl"
run check --render --all --format lines
has "kubectl does it, too" "$err" "kubectl rendered 1 of 1 kustomizations (v1.34.0)"
is "and says the same" "$(cmp "$folder/first" "$out" && echo same)" same
rm "$folder/bin/kubectl" && mv "$folder/bin/kustomize.real" "$folder/bin/kustomize"

mkdir other && printf 'resources: [../shop/web.yaml]\nnamespace: other\n' >other/kustomization.yaml && git add -A
run check --render --all --format lines
lacks "what is applied in two ways is not what one of them leaves" "$out" "9999"
git rm -rqf other

sed -i 's,^resources: .*,resources: [settings.yaml\, web.yaml\, "https://example.org/all.yaml"],' shop/kustomization.yaml && git add -A
run check --render
has "nothing is fetched" "$err" "shop/kustomization.yaml: it takes resources from elsewhere, which nobody fetches"
sed -i 's,\, "https://example.org/all.yaml",,' shop/kustomization.yaml

printf 'generators: [maker.yaml]\n' >>shop/kustomization.yaml
cat >shop/maker.yaml <<'END'
apiVersion: example.org/v1
kind: Maker
metadata:
  name: maker
  annotations:
    config.kubernetes.io/function: |
      exec: {path: ./maker.sh}
END
printf '#!/bin/sh\ntouch %s/ran\n' "$folder" >shop/maker.sh && chmod +x shop/maker.sh && git add -A
run check --render
has "no plugin runs" "$err" "kustomize rendered 0 of 1 kustomizations"
is "not even a little" "$(ls "$folder/ran" 2>/dev/null)" ""
cat >shop/maker.yaml <<'END'
apiVersion: builtin
kind: SecretGenerator
metadata: {name: shop-keys}
literals: [key=value]
END
git rm -qf shop/maker.sh && git add -A
sed -i 's,          image: placeholder:1,          image: placeholder:1\n          envFrom: [{secretRef: {name: shop-keys}}\, {secretRef: {name: shop-kexs}}],' shop/web.yaml && git add -A
run check --render --all --format lines
lacks "what a generator makes is known" "$out" "no Secret shop-keys"
has "and so is what it does not make" "$out" "shop-kexs"
git rm -qf shop/maker.yaml && sed -i '/^generators/d' shop/kustomization.yaml && git add -A

cat >till/kustomization.yaml <<'END'
namespace: till
helmCharts:
  - name: web
    version: 1.2.0
    releaseName: till
    valuesInline:
      target: 7777
END
printf 'apiVersion: v2\nname: web\nversion: 1.2.0\n' >till/charts/web/Chart.yaml
echo 'target: 80' >till/charts/web/values.yaml
cat >till/charts/web/templates/web.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}, labels: {app: till}}
spec: {containers: [{name: web, image: "nginx:1.27", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: till}, ports: [{port: 80, targetPort: {{ .Values.target }}}]}
END
git add -A
run check --render till
has "a chart without helm is said" "$err" "its chart needs helm, and PATH has none"
helm=$(PATH=$PATH_BEFORE command -v helm || :)
[ -n "$helm" ] || helm=$HOME/.cache/labwright-asked/helm
if [ -x "$helm" ]; then
	cp -L "$helm" "$folder/bin/helm"
	run check --render --all --format lines till
	has "a chart beside its kustomization is rendered" "$out" "till/kustomization.yaml:7:15: error: Service till sends to port 7777"
	sed -i 's,version: 1.2.0,version: 1.2.0\n    repo: https://charts.example.org,' till/kustomization.yaml && git add -A
	git rm -rq --cached till/charts && mkdir -p till/charts/web-1.2.0 && mv till/charts/web till/charts/web-1.2.0/
	echo charts/ >.gitignore && git add -A
	run check --render --all --format lines till
	has "and one that Git does not hold" "$out" "till/kustomization.yaml:8:15: error: Service till sends to port 7777"
	ln -s /etc/hostname till/charts/web-1.2.0/web/templates/host.yaml
	run check --render till
	has "a link is not followed" "$err" "its chart beside it holds links"
	rm -r till/charts
	run check --render till
	has "a chart that is not here is said" "$err" "its chart is neither in the repository nor in helm's cache, and --online is not said"
else
	for name in "a chart beside its kustomization is rendered" "and one that Git does not hold" "a link is not followed" \
		"a chart that is not here is said"; do
		skip "$name" "there is no helm: sh tools/asked.sh helm builds one"
	done
fi
is "no folder is left" "$(ls -d "$TMPDIR"/labwright-asked-* 2>/dev/null | wc -l)" 0
finish
