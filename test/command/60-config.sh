#!/bin/sh
# What labwright.yaml is understood as.
. "$(dirname "$0")/tap.sh"
mkdir bare said
cat >said/labwright.yaml <<'END'
networks: {lan: {cidr: [192.168.8.0/24, "fd00::/64"], gateway: 192.168.8.1}}
nodes:
  asuna: {addresses: {lan: [192.168.8.5, "fd00::5"]}, capacity: {memory: 8Gi}, roles: [a b, "c: d"]}
areas: {old: {paths: [before/], deprecated: true}}
aliases: {db: asuna}
cluster: {context: home}
engine: {host: "unix:///run/podman/podman.sock", listen: "::1", parallel: 4, pull: never}
ignore: ["*.log"]
rules: {tag-floating: {level: info, reason: "because \"so\""}, yaml-broken: off}
END

run config show --root bare
is "no file is fine" $code 0
has "the default is said" "$out" "profile: homelab  # default"
run config show --root said
is "a good file is fine" $code 0
has "a value and where it is from" "$out" "gateway: 192.168.8.1  # labwright.yaml:1"
has "texts that YAML would misread are quoted" "$out" '"c: d"'
has "which cluster is meant" "$out" "  context: home  # labwright.yaml:6"
has "and which engine" "$out" '  host: "unix:///run/podman/podman.sock"  # labwright.yaml:7'
mkdir again third
cp "$out" again/labwright.yaml
run config show --root again
is "what it prints is a labwright.yaml" $code 0
cp "$out" third/labwright.yaml
run config show --root third
sed 's/  #.*//' third/labwright.yaml >one
sed 's/  #.*//' "$out" >two
is "that says the same" "$(cmp one two && echo same)" same
echo 'nodez: {}' >bare/labwright.yaml
run config show --root bare
is "a file that is not understood" $code 1
has "says what to ask" "$out" "labwright check --rule config-invalid"
run config
is "config wants a word" $code 2
finish
