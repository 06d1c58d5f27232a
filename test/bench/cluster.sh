#!/bin/sh
# cluster.py on a control plane of its own, where one has been built: cluster.sh LABWRIGHT. Building it takes many minutes, which
# a measurement is not to begin with.
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${LABWRIGHT_LIVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labwright-live}
missing=$(sh "$top/test/live/kubernetes/build.sh" --missing "$cache" kubectl)
if [ -n "$missing" ]; then
	echo "beside kubectl: skipped, ${missing% } not built; sh test/live/kubernetes/build.sh $cache kubectl does it"
elif [ "$(id -u)" -ne 0 ]; then
	echo "beside kubectl: skipped, a control plane of its own needs root"
else
	sh "$top/test/live/kubernetes/control.sh" python3 "$top/test/bench/cluster.py" "$@"
fi
