package scenarios_test

import "maps"

// What the pods of the stories of storage come to. The kubelet mounts nothing before its node has reported the volume as in use,
// with the status that it posts every 10 s (and up to 0.4 s more), so each start has a window of that width.
func init() {
	maps.Copy(facts, map[string][]fact{
		"storage/dynamic": { // placed at 10; attached after 3 s and the next look of the controller (0.5 s, and 5 % more each)
			{"web", "event Scheduled Successfully assigned default/web to node-", 10, 10.1},
			{"web", "event SuccessfulAttachVolume AttachVolume.Attach succeeded for volume", 13, 14},
			{"web", "ContainerCreating", 10, 10.1}, {"web", "never Running", 10, 13}, {"web", "Running 1/1", 13.3, 24},
			{"web", "always Running", 24, 89.9},
		},
		"storage/zone": { // 3 s until the volume is there; the scheduler looks once a second
			{"reporter-1", "always phase=Pending node=", 10.1, 13}, {"reporter-1", "PodScheduled=True node=node-b", 13, 15},
			{"reporter-1", "Running 1/1", 14, 27},
			{"reporter-2", "event FailedScheduling 2 node(s) didn't match PersistentVolume's node affinity", 70, 70.1},
			{"reporter-2", "always phase=Pending node=", 70.1, 120}, {"reporter-2", "PodScheduled=True node=node-b", 120, 131},
		},
		"storage/multi-attach": { // forced detach: 600 + 360 s, then attach and mount
			{"web-1", "Terminating", 405, 425}, {"web-1", "always Terminating", 425, 599.9},
			{"web-2", "event FailedAttachVolume Volume is already used by pod(s) web-1", 480, 480.3},
			{"web-2", "always ContainerCreating node=node-2", 480.1, 960}, {"web-2", "event SuccessfulAttachVolume", 962, 966}, {"web-2", "Running 1/1", 962, 977},
			{"web-2", "never event Unable to attach", 0, ever},
		},
		"storage/out-of-service": { // pod GC every 20 s
			{"db-0", "Running 1/1 node=node-1", 3, 16}, {"db-0", "Terminating node=node-1", 405, 421}, {"db-0", "Running 1/1 node=node-2", 422, 460},
		},
		"storage/stateful-set": {
			{"db-?", "Running 1/1", 3, 17}, {"db-1", "Running 1/1", 61, 85}, {"db-2", "Running 1/1", 181, 200},
		},
		"storage/attach-limit": {
			{"early-?", "Running 1/1", 3, 17},
			{"late-0", "always phase=Pending node=", 20.1, 60}, {"late-0", "Running 1/1", 61, 90},
			{"stubborn", "event FailedAttachVolume rpc error: code = ResourceExhausted", 90, 92}, {"stubborn", "always phase=Pending", 90.1, 213},
			{"stubborn", "VolumeAttachmentLimitExceeded phase=Failed", 213, 214},
		},
		"networking/ports": { // 15 s, restart at once, 1 s, 10 s of back-off
			{"web", "Running 2/2", 1.3, 3}, {"web", "Error 1/2 restarts=1", 17, 20}, {"web", "Running 2/2 restarts=2", 27, 32},
			{"metrics", "Running 1/1", 1.3, 3},
		},
		"networking/service": { // probes every 2 s from 10 s on
			{"web-*", "Running 1/1", 11, 16},
		},
		"storage/static": { // no driver is asked: mounted with the first look after 300 ms
			{"cache", "PodScheduled=True node=node-2", 10, 12}, {"cache", "Running 1/1", 10.3, 13},
			{"huge", "event FailedScheduling 3 node(s) didn't find available persistent volumes to bind", 10, 10.1}, {"huge", "always phase=Pending node=", 10.1, ever},
		},
	})
}
