#!/usr/bin/env bash
# Runs the benchmarks, each in a process of its own on one core, and prints the median of every figure.
#
#   benchmarks/run.sh [REPEATS [REGEX]]      3 repeats of all, or of those whose names match
#   PROCS=2 benchmarks/run.sh                with two cores for the garbage collector
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
repeats=${1:-3}
only=${2:-.}
export GOMAXPROCS=${PROCS:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go test -c -o "$work/benchmarks.test" .

# one NAME REGEX TIMES: a benchmark in its own process, repeats times
one() {
	[[ $1 =~ $only ]] || return 0
	for ((i = 0; i < repeats; i++)); do
		"$work/benchmarks.test" -test.run '^$' -test.bench "$2" -test.benchtime "$3" -test.timeout 1h
	done | awk -v name="$1" '
		/^Benchmark.*SKIP|^ +.*\.go:[0-9]+:/ { print }
		/^Benchmark/ && NF > 3 {
			for (f = 3; f < NF; f += 2) {
				unit = $(f + 1)
				if (!(unit in n)) units[++count] = unit
				value[unit, ++n[unit]] = $f + 0
			}
		}
		END {
			if (!count) exit
			printf "%-34s", name
			for (u = 1; u <= count; u++) {
				unit = units[u]; k = n[unit]
				for (i = 1; i <= k; i++) for (j = i + 1; j <= k; j++) if (value[unit, j] < value[unit, i]) {
					t = value[unit, i]; value[unit, i] = value[unit, j]; value[unit, j] = t
				}
				m = k % 2 ? value[unit, (k + 1) / 2] : (value[unit, k / 2] + value[unit, k / 2 + 1]) / 2
				printf "  %.6g %s", m, unit
			}
			printf "\n"
		}'
}

for shape in exp timers; do
	for n in 100 10000 1000000; do
		for queue in engine heap btree; do
			one "Hold/$shape/n=$n/$queue" "^BenchmarkHold\$/^$shape\$/^n=$n\$/^$queue\$" 5000000x
		done
	done
done
one Openb '^BenchmarkOpenb$' 1x
one Smaller '^BenchmarkSmaller$' 1x
one Large '^BenchmarkLarge$' 1x
one Deployments '^BenchmarkDeployments$' 1x
