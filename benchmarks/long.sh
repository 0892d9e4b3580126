#!/usr/bin/env bash
# What takes too long for every change: fuzzing, the race detector, the chance scenario over and over, and the real scheduler.
#
#   benchmarks/long.sh [MINUTES]      10 minutes for each fuzz target
set -euo pipefail
export CI=true
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${1:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "=== the race detector"
if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
	go test -race ./sim/... ./scenarios/... ./report/... ./model/...
else
	echo "skip  no C compiler"
fi

echo "=== the chance scenario, 200 times"
go build -o "$work/digests" ./benchmarks/digests
for ((i = 0; i < 200; i++)); do "$work/digests" -run '^reproducible$'; done | sort | uniq -c | tee "$work/chance.txt"
[ "$(wc -l <"$work/chance.txt")" = 1 ] || { echo "more than one history"; exit 1; }

echo "=== 200 seeds of it, with and without every tick"
"$work/digests" -run '^reproducible$' -seeds 200 | awk '{print $1, $2, $4}' >"$work/quick.txt"
"$work/digests" -run '^reproducible$' -seeds 200 -reference | awk '{print $1, $2, $4}' >"$work/slow.txt"
diff "$work/quick.txt" "$work/slow.txt" && echo "the same"

echo "=== the real scheduler beside ours: 20,000 clusters, 3,000 scripts of its queue"
(cd benchmarks/realscheduler && go run . agree --seeds 10001-20000 --scripts 10001-13000 2>/dev/null)

echo "=== a crash, an outage and a killed container before every engine event of the stories about controllers"
go test ./sim -run '^TestLibrarySweep$' -every 1 -timeout 0

echo "=== thirty changed rules, each noticed by a story of the library"
go run ./benchmarks/mutations

echo "=== 5000 random clusters with random faults"
go test ./sim -run '^TestRandomClusters$' -clusters 5000 -timeout 0

for package in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		echo "=== $package $target, $minutes minutes"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${minutes}m" "$package"
	done
done
echo "all is well, after $SECONDS s"
