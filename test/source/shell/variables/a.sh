A=$(cd "$(dirname "$0")" && pwd)
B="$A/.."
export C="$(dirname "$(dirname "${BASH_SOURCE[0]}")")"
D=$(git rev-parse --show-toplevel)/k8s
E=$A
F=$(mktemp -d)
G=$0
H="${0%/*}/x" source "$B/y.sh"
