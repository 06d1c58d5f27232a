#!/bin/sh
FOO=1 sudo kubectl apply \
  -f "a b.yaml" | tee x # note
cat <<'EOF'
not a command
EOF
if [ -f y ]; then source ./y; fi
