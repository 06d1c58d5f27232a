#!/bin/sh
# Profiles: whom a rule is for, and who may ask for it.
. "$(dirname "$0")/tap.sh"
mkdir home
cat >home/compose.yml <<'END'
services:
  radio:
    image: example/radio:1.2
    privileged: true
  dashboard:
    image: example/dashboard:1.2
    privileged: true # labwright: ignore=privileged -- it drives the screen
END

run check --all --root home
lacks "a homelab is not asked" "$out" "[privileged]"
lacks "nor its silence called unused" "$out" suppression-unused
run check --all --root home --profile security
has "the option asks" "$out" "service radio is privileged"
lacks "the silence holds" "$out" "service dashboard is privileged"
run check --all --root home --rule privileged
has "so does the rule's name" "$out" "service radio is privileged"
echo 'profile: strict' >home/labwright.yaml
run check --all --root home
has "labwright.yaml asks, and strict holds security" "$out" "service radio is privileged"
run check --all --root home --profile homelab
lacks "the option outweighs it" "$out" "service radio is privileged"
echo 'rules: {privileged: error}' >home/labwright.yaml
run check --all --root home
has "a rule that has a level is asked in every profile" "$out" "error: service radio is privileged"
is "at that level" $code 1
run check --root home --profile secure
is "no such profile" $code 2
run rules
has "rules say their profile" "$out" "a container is privileged (profile security)"
finish
