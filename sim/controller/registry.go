package controller

// Registry is every controller, in the order in which they see a change.
//
// Source: k8s v1.36.3 cmd/kube-controller-manager/app/controllermanager.go NewControllerDescriptors; the order is
// controllers.md 14.3.
var Registry = []Controller{
	{"node-lifecycle-controller", "Declares silent nodes Unknown, marks their pods not ready, and taints nodes by their conditions.", newNodeLifecycle},
	{"taint-eviction-controller", "Deletes pods that do not tolerate, or no longer, a NoExecute taint of their node.", newTaintEviction},
	{"pod-garbage-collector-controller", "Deletes pods of nodes that are gone or out of service, and the oldest finished pods when there are too many.", newPodGC},
	{"garbage-collector-controller", "Deletes what has lost its owners, and does what an owner's deletion waits for.", newGarbageCollector},
	{"job-controller", "Runs Jobs to their completion: creates their pods, counts those that finish, backs off from those that fail.", newJobs},
	{"cronjob-controller", "Makes Jobs by the schedules of CronJobs.", newCronJobs},
	{"ttl-after-finished-controller", "Deletes Jobs some time after their end, if they say so.", newTTLAfterFinished},
	{"namespace-controller", "Empties namespaces that are being deleted, pods first.", newNamespaces},
	{"deployment-controller", "Makes a ReplicaSet for each template of a Deployment and moves replicas to the newest.", newDeployments},
	{"resourcequota-controller", "Computes what the objects of a namespace use of its ResourceQuotas.", newQuotas},
	{"replicaset-controller", "Keeps the pods of ReplicaSets at the number wanted.", newReplicaSets},
	{"replicationcontroller-controller", "Keeps the pods of ReplicationControllers at the number wanted.", newReplicationControllers},
	{"statefulset-controller", "Keeps the pods of StatefulSets, one for each ordinal, in order.", newStatefulSets},
	{"daemonset-controller", "Keeps a pod of each DaemonSet on each node that it is meant for.", newDaemonSets},
	{"disruption-controller", "Counts the healthy pods of PodDisruptionBudgets, and how many may be evicted.", newDisruptions},
	{"resourceclaim-controller", "Makes ResourceClaims of pods from their templates, and takes devices away from claims that no pod uses.", newResourceClaims},
	{"endpoints-controller", "Lists in an Endpoints object the pods that each Service with a selector leads to.", newLegacyEndpoints},
	{"endpointslice-controller", "Lists in EndpointSlices the pods that each Service with a selector leads to.", newEndpointSlices},
	{"horizontal-pod-autoscaler-controller", "Sets the replicas of workloads by what their pods use.", newAutoscalers},
	{"persistentvolume-binder-controller", "Binds claims to volumes, asks for volumes to be made, and releases those whose claim has gone.", newVolumeBinder},
	{"persistentvolume-attach-detach-controller", "Has volumes attached to the nodes of the pods that use them, and taken off when they are done.", newAttachDetach},
	{"persistentvolume-protection-controller", "Keeps claims that pods use, and volumes that are bound, from being removed.", newVolumeProtection},
	{"ephemeral-volume-controller", "Makes the claims of pods' generic ephemeral volumes.", newEphemeralVolumes},
	{"external-provisioner", "Not of the control plane: makes volumes for claims, and deletes those that are released.", newProvisioner},
	{"external-attacher", "Not of the control plane: does what VolumeAttachments ask for.", newAttacher},
	{"serviceaccount-controller", "Brings back the ServiceAccount default and the ConfigMap kube-root-ca.crt of a namespace.", newServiceAccounts},
}
