#!/bin/sh
# check --render: the owner's helm, real where there is one (PATH, or what tools/asked.sh has built), is asked what charts
# make; nothing of it is fetched, and nothing of the repository decides how it is started.
. "$(dirname "$0")/tap.sh"
export TMPDIR="$folder/passing" # where others leave nothing
mkdir "$TMPDIR"

mkdir -p charts/web/templates apps
cat >charts/web/Chart.yaml <<'END'
apiVersion: v2
name: web
version: 1.2.0
END
cat >charts/web/values.yaml <<'END'
image: {repository: nginx, tag: "1.27"}
port: 8080
END
cat >charts/web/templates/web.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
          ports: [{containerPort: {{ .Values.port }}}]
          envFrom: [{secretRef: {name: {{ .Values.secret }}}}]
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: {{ .Values.target }}}]
END
cat >apps/web.yaml <<'END'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: shop
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {kind: GitRepository, name: home}
  values:
    image: {repository: ghcr.io/shop/web, tag: latest}
    port: 9000
    target: 9999
    secret: shop-keys
END
git init -q && git add -A

PATH_BEFORE=$PATH
PATH=/nonexistent run check --render
is "without helm it says so" "$code" 2
has "and what is missing" "$err" "--render needs helm"
run check --render --new-since HEAD
is "an earlier state is not rendered" "$code" 2

helm=$(command -v helm || :)
[ -n "$helm" ] || helm=$HOME/.cache/labwright-asked/helm
if [ ! -x "$helm" ]; then
	for name in "a chart of the repository is rendered" "its findings stand on the values" "what it makes is known" \
		"the second run asks nobody" "a chart that is not here is said" "a broken chart is said" "an option is no name" \
		"a link is not followed" "helm reaches no network" "facts are the same twice" \
		"an archive in helm's cache is rendered" "a chart that is referred to is rendered, too"; do
		skip "$name" "there is no helm: sh tools/asked.sh helm builds one"
	done
	finish
fi
mkdir "$folder/bin" && cp -L "$helm" "$folder/bin/helm"
PATH=$folder/bin:$PATH_BEFORE

run check --all --format lines
lacks "without --render a chart says nothing" "$out" "tag-floating"
run check --render --all --format lines
has "a chart of the repository is rendered" "$err" "helm rendered 1 of 1 charts"
has "its findings stand on the values" "$out" "apps/web.yaml:12:"
has "what it makes is known" "$out" "apps/web.yaml:14:13: error: Service shop sends to port 9999"
cp "$out" "$folder/first"
kept=$(ls "$folder/.cache/labwright/rendered"/*)
sed -i 's/:latest/:1.2/' "$kept"
run check --render --all --format lines
lacks "the second run asks nobody" "$out" "tag-floating"
run check --render --all --format lines --no-cache
has "unless it keeps nothing" "$out" "tag-floating"
rm "$kept"

mv "$folder/bin/helm" "$folder/bin/helm.real"
printf '#!/bin/sh\necho asked >>%s\nexit 1\n' "$folder/asked" >"$folder/bin/helm"
chmod +x "$folder/bin/helm"
run check --render --all --format lines
has "another helm is asked anew" "$err" "helm rendered 0 of 1 charts"
mv "$folder/bin/helm.real" "$folder/bin/helm"
run check --render --all --format lines
is "facts are the same twice" "$(cmp "$folder/first" "$out" && echo same)" same

sed -i 's,./charts/web,afar,' apps/web.yaml && git add -A
run check --render
has "a chart that is not here is said" "$err" "neither in the repository nor in helm's cache"
mkdir -p "$folder/.cache/helm/repository"
(cd charts && tar czf "$folder/.cache/helm/repository/afar-1.2.0.tgz" web)
sed -i 's,chart: afar,chart: afar\n      version: 1.2.0,' apps/web.yaml && git add -A
run check --render
has "an archive in helm's cache is rendered" "$err" "helm rendered 1 of 1 charts"
cat >apps/source.yaml <<'END'
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: web, namespace: shop}
spec: {url: oci://charts.example.org/home/afar, ref: {tag: 1.2.0}}
END
cp apps/web.yaml "$folder/web.yaml"
sed -i '/^  chart:/,/sourceRef/d; s,^spec:,spec:\n  chartRef: {kind: OCIRepository\, name: web},' apps/web.yaml && git add -A
run check --render --all --format lines
has "a chart that is referred to is rendered, too" "$err" "helm rendered 1 of 1 charts"
has "and says where its values stand" "$out" "apps/web.yaml:11:13: error: Service shop sends to port 9999"
cp "$folder/web.yaml" apps/web.yaml && git rm -qf apps/source.yaml
sed -i 's,chart: afar,chart: ./charts/web,; /version: 1.2.0/d' apps/web.yaml && git add -A

echo '{{ required "no such value" .Values.nothing }}' >charts/web/templates/broken.yaml && git add -A
run check --render
has "a broken chart is said" "$err" "no such value"
git rm -qf charts/web/templates/broken.yaml

sed -i 's,  name: shop,  name: --post-renderer=/bin/false,' apps/web.yaml && git add -A
run check --render
has "an option is no name" "$err" "its name or namespace is not known"
sed -i 's,--post-renderer=/bin/false,shop,' apps/web.yaml

ln -s /etc/hostname charts/web/templates/host.yaml && git add -A
run check --render
has "a link is not followed" "$err" "its chart holds links"
git rm -qf charts/web/templates/host.yaml

echo '{{ getHostByName "example.org" | required "helm reached nobody" }}' >charts/web/templates/host.yaml && git add -A
run check --render
has "helm reaches no network" "$err" "helm reached nobody"
git rm -qf charts/web/templates/host.yaml
is "no folder is left" "$(ls -d "$TMPDIR"/labwright-asked-* 2>/dev/null | wc -l)" 0
finish
