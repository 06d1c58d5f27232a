#!/bin/sh
# What organize moves, what follows, what stays, and that nothing is lost on the way.
. "$(dirname "$0")/tap.sh"
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org

manifest() { # name image
	printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: lab}\nspec:\n  selector: {matchLabels: {app: %s}}\n  template:\n    metadata: {labels: {app: %s}}\n    spec:\n      containers:\n        - name: %s\n          image: %s\n          resources: {requests: {memory: 64Mi}}\n' "$1" "$1" "$1" "$1" "$2"
}
make_lab() {
	rm -rf lab && mkdir -p lab/k8s/db lab/k8s/llm lab/k8s/odd lab/bot/models lab/trash lab/docs lab/.github/workflows lab/beta && git -C lab init -q
	manifest postgres postgres:16.4 >lab/k8s/db/postgres.yaml
	manifest ollama ollama/ollama:0.5.13 >lab/k8s/llm/ollama.yaml
	manifest odd example.org/odd:1.0 >lab/k8s/odd/odd.yaml
	manifest gadget example.org/gadget:1.0 >lab/beta/gadget.yaml
	printf 'FROM python:3.12\nWORKDIR /srv\nCOPY . .\nCMD ["python", "main.py"]\n' >lab/bot/Dockerfile
	printf 'import models.state\n' >lab/bot/main.py
	printf 'x = 1\n' >lab/bot/models/state.py
	touch lab/bot/models/__init__.py
	manifest bot example.org/bot:1.0 >lab/bot/bot.yaml
	manifest old redis:6 >lab/trash/old.yaml
	printf 'on: {push: {paths: ["bot/**"]}}\njobs: {build: {runs-on: x, steps: [{uses: docker/build-push-action@v6, with: {context: bot}}]}}\n' >lab/.github/workflows/bot.yml
	printf '#!/bin/sh\nkubectl apply -f k8s/db/postgres.yaml -f k8s/llm -f k8s/odd\nkubectl apply -f bot/bot.yaml\nkubectl apply -f beta/gadget.yaml\n' >lab/up.sh
	printf 'models/\n!/bot/models/\nsecret.txt\n' >lab/.gitignore
	printf '# Lab\nSee [the database](k8s/db/postgres.yaml), `k8s/llm/ollama.yaml` and [notes](docs/notes.md).\n`beta` is an experiment. Clone to ~/lab, then run `~/lab/bot/main.py`. An image: k8s/db.\n' >lab/README.md
	printf 'Back to [the bot](../bot/main.py) and [up](../up.sh).\n' >lab/docs/notes.md
	echo mine >lab/bot/secret.txt
	git -C lab add -A && git -C lab add -f lab/bot/models 2>/dev/null; git -C lab add -f bot/models && git -C lab commit -qm "a lab"
}

make_lab
run organize lab
is "the default only shows" $code 0
is "and changes nothing" "$(git -C lab status --porcelain)" ""
has "a database is core" "$out" "k8s/db → production/core/db"
has "a folder called llm" "$out" "k8s/llm → production/ai-stack/llm"
has "an own program" "$out" "bot → production/bot"
has "what documents call an experiment" "$out" "README.md:3 calls it an experiment"
has "what is put aside" "$out" "trash → archive"
has "what nothing tells about stays" "$out" "k8s/odd: no table knows its images"
run organize --plan lab
has "the tree before is drawn" "$out" "
  k8s/  3
    db/  1"
has "and the tree after" "$out" "
  production/  "
run organize --commit lab
is "it is committed" $code 0
is "as moves and references" "$(git -C lab log --format=%s | head -2 | tr '\n' ';')" "structure: let every reference follow the moves;structure: move 6 parts to their areas;"
is "the first commit holds moves alone" "$(git -C lab show --format= --numstat HEAD~1 | grep -cv '^0	0')" 0
is "nothing is left over" "$(git -C lab status --porcelain)" ""
is "history follows" "$(git -C lab log --follow --format=%s production/core/db/postgres.yaml | tail -1)" "a lab"
is "what is tracked in spite of an ignore rule stays tracked" "$(git -C lab ls-files production/bot/models | wc -l | tr -d ' ')" 2
is "an untracked file goes along" "$(cat lab/production/bot/secret.txt)" mine
is "CI follows" "$(grep -c 'production/bot' lab/.github/workflows/bot.yml)" 2
has "scripts follow" lab/scripts/up.sh "kubectl apply -f production/core/db/postgres.yaml -f production/ai-stack/llm -f k8s/odd"
has "links follow" lab/README.md "[the database](production/core/db/postgres.yaml), \`production/ai-stack/llm/ollama.yaml\`"
has "a path behind the place of the clone follows" lab/README.md "~/lab/production/bot/main.py"
has "links out of a document that stays follow" lab/docs/notes.md "(../production/bot/main.py) and [up](../scripts/up.sh)"
has "ignore rules with a path follow" lab/.gitignore "!/production/bot/models/"
has "the structure is written down" lab/REPOSITORY_STRUCTURE.md "| postgres | production/core | – | – | – | – | – | production/core/db/postgres.yaml |"
run organize lab
has "a second run moves nothing" "$out" "0 parts would move, references rewritten in 0 files"
{ echo "My own words."; cat lab/REPOSITORY_STRUCTURE.md; echo "And more."; } >lab/x && mv lab/x lab/REPOSITORY_STRUCTURE.md
manifest redis redis:7.4 >lab/production/core/db/redis.yaml
git -C lab add -A && git -C lab commit -qm "one more"
run organize --write lab
has "it follows what changes" lab/REPOSITORY_STRUCTURE.md "| redis | production/core |"
is "and keeps the owner's words" "$(sed -n '1p;$p' lab/REPOSITORY_STRUCTURE.md | tr '\n' ' ')" "My own words. And more. "
git -C lab checkout -q . && git -C lab reset -q --hard HEAD~1
run check lab --fail-on warning --rule doc-dead-path --rule script-wrong-target --rule ci-path-missing
is "no path is dead" $code 0

make_lab
printf 'areas:\n  "production/data": k8s/db\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm areas
run organize lab
has "labwright.yaml decides" "$out" "k8s/db → production/data/db"

printf 'areas:\n  "sorted/data": k8s\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "areas of my own"
run organize --commit lab
has "a whole folder can go to an area, as it is" "$out" "k8s → sorted/data/k8s"
has "what is said of a folder that is emptied stays said" lab/labwright.yaml '"sorted/data": k8s'
printf 'areas:\n  "sorted/data": []\n  "sorted/models": sorted/data/k8s/llm\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "one goes elsewhere"
run organize --commit lab
has "an area is no path that is left" lab/labwright.yaml '"sorted/data": []'
has "and a path in it follows" lab/labwright.yaml '"sorted/models": sorted/models/llm'
run organize lab
has "what lies in an area of the owner's stays" "$out" "0 parts would move"

make_lab
mkdir -p lab/production/core/db && echo taken >lab/production/core/db/note.txt
git -C lab add -A && git -C lab commit -qm taken
run organize lab
has "what is there is not overwritten" "$out" "k8s/db: production/core/db is already there"

make_lab
echo "# mine" >>lab/README.md
run organize --commit lab
is "changes of the user stop a commit" $code 2
is "and nothing moved" "$(git -C lab status --porcelain)" " M README.md"

# what takes a folder by a pattern would miss what moved out of it
make_lab
printf '#!/bin/sh\nfor app in k8s/*/; do kubectl apply -f "$app"; done\n' >lab/all.sh
git -C lab add -A && git -C lab commit -qm "all of them"
run organize lab
has "a pattern holds what it takes" "$out" "k8s/db and 2 more: all.sh:2 takes what lies in k8s by a pattern"
lacks "whatever its area" "$out" "k8s/llm → "
has "and nothing else" "$out" "bot → production/bot"

make_lab
printf 'apiVersion: v2\nname: postgres\nversion: 1.0.0\n' >lab/k8s/db/Chart.yaml
printf '# Begin\n`curl -L https://raw.example.org/anna/lab/main/up.sh | sh`\n' >lab/docs/begin.md
touch lab/tmp_notes.md
git -C lab add -A && git -C lab commit -qm "a chart, and an address"
run organize lab
has "a chart stays" "$out" "k8s/db: it is a chart"
has "what is fetched by its address stays" "$out" "up.sh: docs/begin.md:2 has the address of up.sh"
has "what is of the moment is no document" "$out" "tmp_notes.md: its name says"
has "a folder is not taken apart" "$out" "k8s/llm: it could be in production/ai-stack, but 2 of 3 folders of k8s have no such place"

# what Git does not hold keeps its ignore rule; a variable of unknown place keeps its path
make_lab
printf 'bot/token.txt\n' >>lab/.gitignore
printf '#!/bin/sh\ncp "$STORE/bot" /tmp\nls "$REPO_ROOT/bot"\necho x >bot/token.txt\ncp "$HOME/bot/main.py" /tmp\n' >lab/keep.sh
git -C lab add -A && git -C lab commit -qm "a token"
run organize --commit lab
has "an ignore rule of a file that is not there follows" lab/.gitignore "production/bot/token.txt"
has "so does a command that makes it" lab/scripts/keep.sh "echo x >production/bot/token.txt"
has "an unknown variable keeps its path" lab/scripts/keep.sh 'cp "$STORE/bot" /tmp'
has "so does what lies in somebody's home" lab/scripts/keep.sh 'cp "$HOME/bot/main.py" /tmp'
has "a known one does not" lab/scripts/keep.sh 'ls "$REPO_ROOT/production/bot"'

# areas of the owner's own are an order
make_lab
for area in video auth board cloud games; do mkdir -p lab/$area/one && manifest $area redis:7.4 >lab/$area/one/one.yaml; done
git -C lab mv bot board/bot && git -C lab add -A && git -C lab commit -qm "areas of my own"
run organize lab
lacks "they stay" "$out" "/one → "

# a folder for each service is one, too, whatever the table knows of them
make_lab
for name in mail quiz feed shop chat poll; do mkdir lab/$name && manifest $name example.org/$name:1.0 >lab/$name/$name.yaml; done
mkdir lab/cache && manifest cache redis:7.4 >lab/cache/cache.yaml
git -C lab add -A && git -C lab commit -qm "a folder each"
run organize lab
has "one of many at the top stays with the others" "$out" "folders of the top have no such place"

# a folder is not made for one loose file, and nothing else
rm -rf one && mkdir -p one/web && git -C one init -q && manifest web example.org/web:1.0 >one/web/web.yaml
printf '#!/bin/sh\necho hello\n' >one/hello.sh && git -C one add -A && git -C one commit -qm one
run organize one
has "a loose script alone stays" "$out" "hello.sh: it could be in scripts, but would be the only one that moves"

# so is a folder of programs of which few run
make_lab
mkdir -p lab/apps/bot lab/apps/page lab/apps/tool && git -C lab mv bot/Dockerfile bot/main.py bot/models bot/bot.yaml apps/bot/
echo x >lab/apps/page/index.html && echo x >lab/apps/tool/tool.go
git -C lab add -A && git -C lab commit -qm apps
run organize lab
has "what has no place counts" "$out" "apps/bot: it could be in production, but 2 of 3 folders of apps have no such place"

make_lab
git -C lab mv README.md readme.md
run organize lab
lacks "a readme in small letters stays" "$out" "docs/readme.md"

# a finding may go because it is mended, and not because nobody looks there any more
make_lab
printf 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: x, name: y, namespace: lab}\n' >lab/k8s/llm/config.yaml
printf 'ignore: [production/ai-stack]\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "one key twice"
run organize lab
has "a move that hides a finding is not made" "$out" "k8s/llm: it would put out of sight the key 'name' stands twice"
has "and the reader is told why" "$out" "production/ai-stack/llm/config.yaml would count as ignored there"
printf 'areas:\n  "archive": k8s/llm\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "on its way out"
run organize lab
has "its owner may do so" "$out" "k8s/llm → archive/llm"
has "and is told what is no longer looked for" "$out" "NO LONGER LOOKED FOR
k8s/llm/config.yaml:3: the key"
has "with the reason" "$out" "archive/llm/config.yaml would count as archive there"
run organize --commit lab
git -C lab log -1 --format=%B HEAD~1 >"$out"
has "so is who reads the commit" "$out" "No longer looked for:"

# dead: one sign is a question, two are an answer, and the age is never the only one
at() { # date, then words of git
	day=$1 && shift && GIT_AUTHOR_DATE="$day 12:00:00 +0000" GIT_COMMITTER_DATE="$day 12:00:00 +0000" git -C lab "$@"
}
go_on() {
	for day in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22; do
		echo "$day" >>lab/docs/notes.md && at "$1-$day" commit -qam "day $day"
	done
}
make_old() { # what else the lab holds, as a command
	make_lab
	mkdir -p lab/k8s/cache lab/k8s/wiki && manifest cache redis:7.4 >lab/k8s/cache/cache.yaml && manifest wiki redis:6 >lab/k8s/wiki/wiki.yaml
	mkdir -p lab/stacks/wiki && manifest wiki redis:7.4 >lab/stacks/wiki/wiki.yaml
	rm -r lab/k8s/odd
	printf 'kubectl apply -f k8s/db -f k8s/llm -f bot/bot.yaml -f beta/gadget.yaml\nkubectl apply -f stacks/wiki\n' >lab/up.sh
	eval "$1"
	git -C lab add -A && at 2024-01-05 commit -q --amend -m "a lab"
}
make_old true && go_on 2024-03
run organize lab
has "what another runs is a question" "$out" "k8s/wiki: nothing applies it, and stacks/wiki/wiki.yaml runs the same: archive it"
has "what nothing applies still has its area" "$out" "k8s/cache → production/core/cache"
make_old true && go_on 2025-03
run organize lab
has "and an answer once nobody has touched it for long" "$out" "k8s/wiki → archive/wiki
      nothing applies it, and stacks/wiki/wiki.yaml runs the same, and it was last touched on 2024-01-05"
has "what nothing applies is a question then" "$out" "k8s/cache: nothing applies it or leads to it, and it was last touched on 2024-01-05: archive it"
has "what is applied has its area, however old" "$out" "k8s/db → production/core/db"
make_old 'printf "The \`k8s/cache/\` is deprecated, we use files.\n\`k8s/llm\` (no longer used).\n" >>lab/README.md' && go_on 2024-03
run organize lab
has "what a document calls past and nothing applies is put aside" "$out" "k8s/cache → archive/cache
      README.md:4 says that it is past, and nothing applies it or leads to it"
has "what is applied all the same is a question" "$out" "k8s/llm: README.md:5 says that it is past: archive it"
make_old 'printf "Since redis is deprecated, the wiki uses cache.\n" >>lab/README.md' && go_on 2024-03
run organize lab
has "another's end is not the own" "$out" "k8s/cache → production/core/cache"
git -C lab clone -q --depth 3 "file://$PWD/lab" ../shallow 2>/dev/null && mv lab whole && mv shallow lab 2>/dev/null || true
run organize lab
is "a history that is cut off does no harm" $code 0

# kustomize takes no file from above its folder: what leaves a kustomization's folder gets one of its own
make_kustomized() { # what the list holds
	make_lab
	manifest redis redis:7.4 >lab/k8s/db/redis.yaml
	printf 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: settings}\ndata: {a: b}\n' >lab/k8s/odd/settings.yaml
	printf 'namespace: lab\nnamePrefix: my-\nresources:%b' "$1" >lab/k8s/kustomization.yaml
	printf 'areas:\n  "data": k8s/db\n' >lab/labwright.yaml
	printf '#!/bin/sh\nkubectl apply -k k8s\n' >lab/up.sh
	git -C lab add -A && git -C lab commit -qm "one list"
}
built() {
	"$labwright" render lab/k8s >"$folder/rendered.$1"
	kustomize=$(command -v kustomize || ls "$HOME/.cache/labwright-asked/kustomize" 2>/dev/null)
	[ -z "$kustomize" ] || "$kustomize" build lab/k8s >"$folder/built.$1" || echo "failed $1" >"$folder/built.$1"
}
compare_built() {
	is "$1: the same objects are applied" "$(sort "$folder/rendered.before" | cksum)" "$(sort "$folder/rendered.after" | cksum)"
	if [ -n "$kustomize" ]; then
		is "$1: kustomize itself builds the same" "$(cmp "$folder/built.before" "$folder/built.after" && echo same)" same
	else
		skip "$1: kustomize itself builds the same" "it is not here"
	fi
}
make_kustomized '\n  - db/postgres.yaml # the data\n  # fast\n  - "db/redis.yaml" # no disk\n  - odd/odd.yaml\n'
built before
run organize --commit lab
built after
is "a named folder leaves its kustomization" "$(ls lab/data/db | tr '\n' ' ')" "kustomization.yaml postgres.yaml redis.yaml "
is "which names the folder, and keeps what is said" "$(sed -n '3,$p' lab/k8s/kustomization.yaml | tr '\n' '~')" "resources:~  - ../data/db # the data~  # fast~  - odd/odd.yaml~"
is "the folder lists its files" "$(sed -n '3,$p' lab/data/db/kustomization.yaml | tr '\n' '~')" "resources:~  - postgres.yaml~  - redis.yaml # no disk~"
is "the moves come first, alone" "$(git -C lab show --format= --name-status HEAD~1 | grep -v '^R100' | wc -l | tr -d ' ')" 0
compare_built "a block list"
run organize lab
has "a second run moves nothing there" "$out" "0 parts would move, references rewritten in 0 files"

make_kustomized ' [db/postgres.yaml, odd/settings.yaml, db/redis.yaml]\n'
built before
run organize --write lab
built after
is "a list in brackets stays one" "$(sed -n 3p lab/k8s/kustomization.yaml)" "resources: [../data/db, odd/settings.yaml]"
compare_built "a list in brackets"

make_kustomized '\n  - db/postgres.yaml\n  - db/redis.yaml\n'
printf 'resources:\n  - redis.yaml\n  - ./postgres.yaml\n' >lab/k8s/db/kustomization.yaml
git -C lab add -A && git -C lab commit -qm "it has its own"
built before
run organize --write lab
built after
is "a kustomization that lists the same is used" "$(sed -n '2p' lab/data/db/kustomization.yaml) $(sed -n '4,$p' lab/k8s/kustomization.yaml)" "  - redis.yaml   - ../data/db"
compare_built "a folder with its own"

make_kustomized '\n  - db/postgres.yaml\n'
printf 'namespace: other\nresources:\n  - postgres.yaml\n' >lab/k8s/db/kustomization.yaml
git -C lab add -A && git -C lab commit -qm "it has another"
run organize lab
has "one that does more holds the folder" "$out" "k8s/db: k8s/kustomization.yaml lists files of it, and its own kustomization does more than that"
make_kustomized '\n  - db/postgres.yaml\npatches:\n  - path: db/redis.yaml\n'
run organize lab
has "so does a patch" "$out" "k8s/db: k8s/kustomization.yaml takes db/redis.yaml in, and kustomize takes no such file"
make_kustomized '\n  - db/postgres.yaml\n'
printf '#!/bin/sh\nkubectl apply -f k8s/db\n' >lab/up.sh
git -C lab commit -qam "by hand"
run organize lab
has "so does a script that applies the folder as it is" "$out" "k8s/db: a script applies it as it is"

# addresses of its own files follow what its owner moves, on their branch
make_lab
cat >lab/docs/begin.md <<'END'
[one](https://github.com/anna/lab/blob/main/k8s/db/postgres.yaml), [two](https://github.com/anna/lab/tree/main/k8s/db).
`curl https://raw.githubusercontent.com/anna/lab/main/k8s/llm/ollama.yaml`, [as it was](https://github.com/anna/lab/blob/v1.2/k8s/db/postgres.yaml),
[another's](https://github.com/bob/lab/blob/main/k8s/db/postgres.yaml), [a third](https://github.com/anna/lab/blob/main/bot/main.py).
END
printf 'areas:\n  "data": k8s/db\n' >lab/labwright.yaml
git -C lab add -A && git -C lab commit -qm "addresses"
run organize --commit lab
has "the address of a file follows" lab/docs/begin.md "anna/lab/blob/main/data/db/postgres.yaml), [two](https://github.com/anna/lab/tree/main/data/db)."
has "one of a version stays" lab/docs/begin.md "anna/lab/blob/v1.2/k8s/db/postgres.yaml"
has "so does another repository's" lab/docs/begin.md "bob/lab/blob/main/k8s/db/postgres.yaml"

# the catalogue says which job copies the data
make_lab
cat >lab/k8s/db/data.yaml <<'END'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: wiki-data, namespace: lab}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: wiki, namespace: lab}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {app: wiki}}
  template:
    metadata: {labels: {app: wiki}}
    spec:
      containers: [{name: wiki, image: "example.org/wiki:1.0", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: wiki-data}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: wiki-backup, namespace: lab}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: copy
              image: restic/restic:0.17.0
              command: [restic, backup, /data]
              volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: wiki-data}}]
END
git -C lab add -A && git -C lab commit -qm "a wiki with data"
run organize --commit lab
has "the backup is in the catalogue" lab/REPOSITORY_STRUCTURE.md "| claim wiki-data | wiki-backup | production/core/db/data.yaml |"

# a slash before a path of the repository
make_lab
printf 'version: 2\nupdates:\n  - {package-ecosystem: docker, directory: "/bot"} # its image\n' >lab/.github/dependabot.yml
printf '/bot/ @anna\n/bot/models @bert\n' >lab/.github/CODEOWNERS
printf 'Run /bot/main.py? See [it](/bot/main.py).\n' >lab/docs/root.md
git -C lab add -A && git -C lab commit -qm "slashes"
run organize --commit lab
has "a tool's folder follows" lab/.github/dependabot.yml 'directory: "/production/bot"} # its image'
has "so do owners of code" lab/.github/CODEOWNERS "/production/bot/models @bert"
has "and links from the root" lab/docs/root.md "[it](/production/bot/main.py)"

# symbolic links follow what they point to, wherever they lie
make_lab
mkdir lab/shared lab/bot/data && echo A=1 >lab/shared/common.env && echo B=2 >lab/env.sample
ln -s ../shared/common.env lab/bot/common.env && ln -s ../env.sample lab/bot/.env
ln -s models/state.py lab/bot/state.py && ln -s bot/main.py lab/main.py && ln -s bot/ lab/program && ln -s ../bot/main.py lab/shared/main.py
ln -s data/absent.db lab/bot/absent.db && ln -s /etc/hostname lab/bot/hostname
printf '#!/bin/sh\ncat bot/common.env program/main.py\n' >lab/show.sh
git -C lab add -A && git -C lab commit -qm "links"
run organize --commit lab
is "links are written with the rest" $code 0
is "a link that moves points where it did" "$(cat lab/production/bot/common.env lab/production/bot/.env | tr '\n' ' ')" "A=1 B=2 "
is "by a path of its new place" "$(readlink lab/production/bot/common.env)" ../../shared/common.env
is "within a part nothing changes" "$(readlink lab/production/bot/state.py)" models/state.py
is "a link to what moved follows" "$(readlink lab/main.py lab/shared/main.py | tr '\n' ' ')" "production/bot/main.py ../production/bot/main.py "
is "so does one to a folder" "$(readlink lab/program)" production/bot/
is "what was dangling dangles the same" "$(readlink lab/production/bot/absent.db)" data/absent.db
is "an absolute one stays" "$(readlink lab/production/bot/hostname)" /etc/hostname
has "a path through a link follows" lab/scripts/show.sh "cat production/bot/common.env program/main.py"
is "links are in the second commit" "$(git -C lab show --format= --summary --raw HEAD | grep -c '120000 120000')" 5
is "and in Git as links" "$(git -C lab ls-files -s production/bot/.env | cut -c1-6)" 120000
is "nothing is left over of the links" "$(git -C lab status --porcelain)" ""
make_lab
ln -s ../../elsewhere lab/bot/out && ln -s k8s lab/all && mkdir lab/share
printf 'services:\n  odd:\n    image: example.org/odd:1.0\n    env_file: ../k8s/odd/odd.env\n' >lab/share/common.yaml
echo A=1 >lab/k8s/odd/odd.env && ln -s ../share/common.yaml lab/beta/common.yaml
git -C lab add -A && git -C lab commit -qm "links that hold"
run organize lab
has "a link out of the repository holds its part" "$out" "bot: the link bot/out to ../../elsewhere leads out of the repository"
has "a link holds what the folder that it shows would lose" "$out" "k8s/db: the link all to k8s shows it"
has "a file that is read through a link holds it" "$out" "beta: the link beta/common.yaml to ../share/common.yaml is read where it lies, and line 4 there names k8s/odd/odd.env"
lacks "and none of them moves" "$out" "bot → "

# a tree that a document draws is drawn anew, with what is said of each folder
make_lab
cat >lab/MAP.md <<'MAP'
# Map

```
lab/
├── bot/              # answers in the chat
│   ├── models/
│   └── main.py
├── docs/
├── k8s/
│   ├── db/           # PostgreSQL
│   │   └── postgres.yaml
│   ├── llm/          # models
│   └── odd/
├── beta/
│
└── up.sh             # all of it
```
MAP
git -C lab add -A && git -C lab commit -qm "a map"
run organize --write lab
is "a drawn tree shows the new places" "$(sed -n '/^```$/,/^```$/p' lab/MAP.md)" '```
lab/
├── docs/
├── k8s/
│   └── odd/
│
├── production/
│   ├── bot/          # answers in the chat
│   │   ├── models/
│   │   └── main.py
│   ├── core/
│   │   └── db/       # PostgreSQL
│   │       └── postgres.yaml
│   └── ai-stack/
│       └── llm/      # models
├── experimental/
│   └── beta/
└── scripts/
    └── up.sh         # all of it
```'

# a compose file that brings others together is of no one area
make_lab
mkdir lab/hosts lab/apps && printf 'include: [../apps/web.yaml]\nservices:\n  db: {image: "postgres:16.4"}\n' >lab/hosts/compose.yaml
printf 'services:\n  web: {image: "example.org/web:1.0"}\n' >lab/apps/web.yaml
git -C lab add -A && git -C lab commit -qm "a host"
run organize lab
has "what includes others is of no one area" "$out" "hosts: it brings together what lies elsewhere, such as apps/web.yaml"

# links of a document that moves away from the top, and of those that stay there
make_lab
mkdir lab/pictures && touch "lab/pictures/of it.png"
printf '# Disks\n[Back](README.md), [the same](disks.md), [more](more%%20disks.md#new), ![it](pictures/of%%20it.png)\nType `./up.sh` in [`k8s/db`](k8s/db).\n' >lab/disks.md
printf '# More\n<a href="disks.md">Disks</a>\n' >"lab/more disks.md"
printf 'See [more](more%%20disks.md) and [disks](./disks.md).\n' >>lab/README.md
git -C lab add -A && git -C lab commit -qm "links"
run organize --write lab
is "links lead where they led" "$(sed 1d lab/docs/disks.md)" '[Back](../README.md), [the same](disks.md), [more](more%20disks.md#new), ![it](../pictures/of%20it.png)
Type `./scripts/up.sh` in [`production/core/db`](../production/core/db).'
has "beside each other, too" "lab/docs/more disks.md" '<a href="disks.md">'
has "and from the top" lab/README.md "See [more](docs/more%20disks.md) and [disks](./docs/disks.md)."

# what takes loose files by a pattern, and what is no document
make_lab
printf '#!/bin/sh\necho hello\n' >lab/hello.sh
printf 'a.example.org\n' >lab/hosts.txt
printf '# Begin\n```sh\nchmod +x *.sh\n```\nand `find . -name *.md`\n' >lab/docs/begin.md
printf '# Ideas\n' >lab/ideas.md
git -C lab add -A && git -C lab commit -qm "loose ones"
run organize lab
has "a pattern holds loose scripts" "$out" "hello.sh: docs/begin.md:3 takes *.sh at the top, and would miss it"
lacks "and what is looked for everywhere holds nothing" "$out" "ideas.md: "
lacks "a list is no document" "$out" "hosts.txt"

make_lab
rm -rf lab/.git
run organize --write lab
is "a folder without Git can be sorted" "$([ -f lab/production/bot/models/state.py ] && echo yes)" yes

# a folder that says of itself what it is keeps its name
mkdir -p named/DEPRECATED/wiki named/apps/web && git -C named init -q
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wiki}\n' >named/DEPRECATED/wiki/map.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n' >named/apps/web/map.yaml
git -C named add -A
run organize named
lacks "an archive by another name stays" "$out" "DEPRECATED →"
finish
