#!/bin/sh
# What fix proposes, writes, commits and refuses; and that nothing but the announced bytes changes.
. "$(dirname "$0")/tap.sh"
git() { command git -c user.name=Anna -c user.email=anna@example.org -c init.defaultBranch=main "$@"; }
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org

make_lab() {
	rm -rf lab && mkdir -p lab/apps lab/docs && git -C lab init -q
	# CRLF, a comment on every line, no line end at the end
	printf 'apiVersion: v1 # one\r\nkind: Service # two\r\nmetadata: {name: web, namespace: site} # three\r\nspec: # four\r\n  selector: {app: web} # five\r\n  ports: # six\r\n    - port: 80 # seven\r\n      targetPort: 8081   # eight\r\n---\r\napiVersion: apps/v1\r\nkind: Deployment\r\nmetadata: {name: web, namespace: site}\r\nspec:\r\n  selector: {matchLabels: {app: web}}\r\n  template:\r\n    metadata: {labels: {app: web}}\r\n    spec:\r\n      containers:\r\n        - name: web\r\n          image: "nginx:1.27"\r\n          resources: {requests: {memory: 64Mi}}\r\n          readinessProbe: {tcpSocket: {port: 8080}}\r\n          ports: [{containerPort: 8080}]' >lab/apps/web.yaml
	printf 'See [the app](../app/web.yaml).\n' >lab/docs/guide.md
	printf 'services:\n  a:\n    image: "nginx:1.27"\n    environment: ["A=${NAME_OF_A}"]\n' >lab/compose.yaml
	printf 'NAME_OF_A=\n# unused: labwright\n' >lab/.env.example
	git -C lab add -A && git -C lab commit -qm "a lab"
}

make_lab
run fix lab
is "the default only shows" $code 0
is "and changes nothing" "$(git -C lab status --porcelain)" ""
has "values that evidence tells need to be asked for" "$out" "next: labwright fix --derive"
run fix --derive lab
has "the diff is shown" "$out" "+      targetPort: 8080   # eight"
has "and the reason" "$out" "because it is the only port of the pods"
sed -n '/^diff /,/^$/p' "$out" >patch
(cd lab && git apply --check ../patch) 2>"$err" && checked=yes || checked=no
is "git takes the diff" $checked yes
run fix --derive --write lab
is "it is written" "$(git -C lab diff --stat | tail -1 | tr -d ' ')" "2fileschanged,2insertions(+),2deletions(-)"
is "bytes around the edit stay" "$(git -C lab show HEAD:apps/web.yaml | sed 's/targetPort: 8081/targetPort: 8080/' | cmp - lab/apps/web.yaml && echo same)" same
is "a moved path is followed" "$(cat lab/docs/guide.md)" "See [the app](../apps/web.yaml)."
cp -r lab once
run fix --derive --write lab
is "a second run changes nothing" "$(diff -r -x .git lab once && echo same)" same
has "and says so" "$out" "0 findings mended in 0 files"

make_lab
run fix --derive --commit lab
is "one commit for each rule" "$(git -C lab log --format=%s | head -2 | tr '\n' ';')" "service-port-mismatch: mend 1 finding;doc-dead-path: mend 1 finding;"
is "nothing is left over" "$(git -C lab status --porcelain)" ""
git -C lab log -1 --format=%B >message
has "the message holds the evidence" message "the pods declare 8080"

make_lab
echo "# mine" >>lab/docs/guide.md
run fix --derive --commit lab
is "changes of the user stop a commit" $code 2
has "by name" "$err" "docs/guide.md"
is "and nothing is written" "$(git -C lab status --porcelain)" " M docs/guide.md"
run fix --derive --commit --with-changes lab
is "unless they may go along" "$(git -C lab status --porcelain)" ""

make_lab
printf 'n\ny\n' >answers
code=0; "$labwright" fix --derive --interactive lab <answers >"$out" 2>"$err" || code=$?
is "each finding is asked for" $code 0
is "what is declined stays" "$(git -C lab diff --stat | tail -1 | tr -d ' ')" "1filechanged,1insertion(+),1deletion(-)"

make_lab
run fix --derive --write --only doc-dead-path lab
is "one rule alone" "$(git -C lab diff --name-only)" docs/guide.md
make_lab
run fix --derive --write lab/apps
is "one folder alone" "$(git -C lab diff --name-only)" apps/web.yaml
run fix --only no-such-rule lab
is "a rule that nobody knows" $code 2

make_lab
chmod 0640 lab/apps/web.yaml
ln -s ../apps/web.yaml lab/docs/link.yaml
run fix --derive --write lab
is "permissions stay" "$(stat -c %a lab/apps/web.yaml)" 640
is "links stay links" "$(readlink lab/docs/link.yaml)" ../apps/web.yaml

# what a port was, the history tells, over a rename of the file
make_lab
service() { printf 'apiVersion: v1\nkind: Service\nmetadata: {name: bot, namespace: site}\nspec: {type: LoadBalancer, selector: {app: bot}, ports: [{name: http, port: %s}, {name: web, port: 9000}]}\n' "$1"; }
service 8001 >lab/bot.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: urls, namespace: site}\ndata:\n  BOT: http://bot:8001/x\n' >lab/apps/urls.yaml
printf 'BOT_URL=http://192.168.8.10:8001\nOTHER_URL=http://192.168.8.10:8001\n' >lab/.env.bot
git -C lab add -A && git -C lab commit -qm "a bot"
service 8080 >lab/bot.yaml && git -C lab commit -qam "bot: 8080 is the usual"
git -C lab mv bot.yaml apps/bot.yaml && git -C lab commit -qm "sort"
run fix --derive --only port-drift lab
has "the port that the Service had becomes the one it has" "$out" "+  BOT: http://bot:8080/x"
has "the commit is named" "$out" "bot: 8080 is the usual"
has "an address beside its name, too" "$out" "+BOT_URL=http://192.168.8.10:8080"
has "and no other" "$out" " OTHER_URL=http://192.168.8.10:8001"

make_lab
rm -rf lab/.git
run fix --derive --write lab
is "a folder without Git can be mended" "$(cat lab/docs/guide.md)" "See [the app](../apps/web.yaml)."
run fix --derive --commit lab
is "but not committed" $code 2
run fix --rev HEAD --write lab
is "the past cannot be written" $code 2

# a rule that is named is asked for, whatever the profile
mkdir rights && sed 's/^profile:.*//' "$here/../rule/privilege-escalation/bad-nothing-to-gain/web.yaml" >rights/web.yaml
run fix --derive --root rights
lacks "rules of other profiles mend nothing by themselves" "$out" "privilege-escalation"
run fix --derive --root rights --only privilege-escalation
has "but do where they are asked for" "$out" "2 findings would be mended"
has "and the next command asks for them again" "$out" "--only privilege-escalation"
finish
