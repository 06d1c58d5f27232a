#!/bin/sh
# What comes from the tables of help: the manual, and the completion of three shells, each asked for real. doctor.
. "$(dirname "$0")/tap.sh"
PATH=$(dirname "$labwright"):$PATH
export HOME=$folder/home
mkdir "$HOME"

run help --man
is "the manual is printed" $code 0
cp "$out" labwright.1
missing=
for command in $("$labwright" completion --words -- "" | cut -f 1); do
	grep -q "^\.SS \"labwright $command " labwright.1 || missing="$missing $command"
	[ "$command" = help ] && continue
	for option in $("$labwright" "$command" --help 2>/dev/null | sed -n 's/^ .*--\([a-z-]*\).*/\1/p' | grep -v '^help$'); do
		grep -qF -- "\\-\\-$(echo "$option" | sed 's/-/\\-/g')" labwright.1 || missing="$missing $command:--$option"
	done
done
is "it has every command and every option of --help" "$missing" ""
if command -v groff >/dev/null; then
	is "groff has nothing to say about it" "$(groff -man -Tutf8 -ww labwright.1 2>&1 >/dev/null)" ""
else
	skip "groff has nothing to say about it" "groff is not installed"
fi

# words WORD…: what may follow, without the explanations.
words() { "$labwright" completion --words -- "$@" | cut -f 1 | tr '\n' ' '; }
is "commands" "$(words ch)" "check "
is "options of a command" "$(words check --ru)" "--rule= "
is "rules" "$(words check --rule yaml-b)" "yaml-broken "
is "rules behind =" "$(words check --rule=yaml-b)" "--rule=yaml-broken "
is "rules as words" "$(words explain tag-f)" "tag-floating "
is "kinds of facts" "$(words facts --kind image-t)" "image-tag "
is "formats" "$(words check --format=sa)" "--format=sarif "
is "commands of help" "$(words help organ)" "organize "
is "files are left to the shell" "$(words check '')" ""
is "an unknown command has nothing" "$(words nonsense '')" ""
git init -q lab
cat >lab/compose.yaml <<'YAML'
services:
  postgres: {image: "postgres:17.2", restart: always}
  web: {image: "nginx:1.27.0", restart: always}
YAML
git -C lab add .
is "names of services" "$(cd lab && words facts --subject po)" "postgres "
for command in logs exec explain; do
	is "names of services behind $command" "$(cd lab && words $command postg)" "postgres "
done
for command in up down status top; do
	is "names of services of $command --only" "$(cd lab && words $command --only we)" "web "
done

run completion
is "a shell has to be named" $code 2
run completion bash
is "bash's" $code 0
cp "$out" labwright.bash
# in_bash WORD…: what bash would offer for the last word.
in_bash() {
	bash --norc -c '. ./labwright.bash; COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }
		_labwright; printf "%s " "${COMPREPLY[@]}"' bash "$@"
}
is "bash completes a command" "$(in_bash labwright ch)" "check "
is "bash completes a rule" "$(in_bash labwright explain tag-f)" "tag-floating "
is "bash completes behind =" "$(in_bash labwright check --rule = yaml-b)" "yaml-broken "
run completion fish
cp "$out" labwright.fish
if command -v fish >/dev/null; then
	is "fish completes a command" "$(fish --no-config -c 'source labwright.fish; complete -C "labwright ch"' | cut -f 1)" "check"
	is "fish completes a rule" "$(fish --no-config -c 'source labwright.fish; complete -C "labwright check --rule=yaml-b"' | cut -f 1)" "--rule=yaml-broken"
else
	skip "fish completes" "fish is not installed"
fi
run completion zsh
cp "$out" _labwright
if command -v zsh >/dev/null; then
	cat >ask.zsh <<'ZSH'
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "PS1=; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -D; source ./_labwright; bindkey '^I' complete-word; print ready"
zpty -r shell line '*ready*ready*' 2>/dev/null
zpty -w -n shell $'labwright explain tag-f\t'
for i in {1..100}; do
	zpty -r -t shell line && all+=$line
	[[ $all == *tag-floating* ]] && break
	sleep 0.1
done
print -r -- ${${(M)all:#*tag-floating*}:+tag-floating}
zpty -d shell
ZSH
	is "zsh completes a rule" "$(timeout 60 zsh -f ask.zsh | tail -1)" "tag-floating"
else
	skip "zsh completes" "zsh is not installed"
fi

unset KUBECONFIG DOCKER_HOST
run doctor lab
is "doctor finds nothing wrong" $code 0
has "it names the repository" "$out" "lab, 1 files in Git"
has "and Git" "$out" "git version"
has "and how to get a kubeconfig" "$out" "set KUBECONFIG"
mkdir -p "$HOME/.kube" && echo "apiVersion: v1" >"$HOME/.kube/config" && chmod 644 "$HOME/.kube/config"
run doctor lab
is "keys that others may read are wrong" $code 1
has "with the cure" "$out" "chmod 600"
chmod 600 "$HOME/.kube/config"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$PWD/dead.sock"
code=0
DOCKER_HOST=unix://$PWD/dead.sock "$labwright" doctor lab >"$out" 2>"$err" || code=$?
is "an engine that does not answer is wrong" $code 1
has "and said why" "$out" "Connection refused"
run doctor nowhere
is "so is a repository that is not there" $code 1
finish
