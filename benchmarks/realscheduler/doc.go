// Command realscheduler runs kube-scheduler v1.36.3 in process beside sim/scheduler, on the same clusters and pods. It is
// a module of its own, so that the main module does without k8s.io/kubernetes and client-go.
//
//	go run . agree                     all that is compared, in one table; -write FILE puts it there
//	go run . compare --seeds 1-200     one pod after another: verdicts, scores, node, texts, victims
//	go run . queue --seeds 1-200       the whole loop on a fake clock: the order of attempts, conditions, nominations
//	go run . speed                     pods/s of both on one core
//	go run . vectors                   writes ../../sim/scheduler/testdata/vectors.jsonl.gz
//
// agree, compare and queue exit 1 if the two differ. compare then prints the smallest cluster it finds that still shows it.
//
// Everything follows from seeds (generate*.go, live_script.go). The real side is in real.go, which has no clock and no
// queue, and live_real.go, which has both: the clock moves when told, watch events are calls, and the client's requests
// come back as watch events a millisecond later. README.md has figures and the differences that are known.
package main
