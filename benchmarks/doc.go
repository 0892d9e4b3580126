// Package benchmarks measures the simulator: the bare engine, a real trace from YAML to result, and the largest cluster
// that Kubernetes supports. README.md has the figures; run.sh measures them, each benchmark in a process of its own.
//
//	go test -run '^$' -bench Hold ./benchmarks     the engine beside container/heap and google/btree
//	benchmarks/run.sh                              everything, on one core, medians
//	go run ./benchmarks/digests                    a line a scenario: what builds and machines must agree on
package benchmarks
