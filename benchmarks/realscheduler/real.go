package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	upstream "k8s.io/kubernetes/pkg/scheduler"
	schedconfig "k8s.io/kubernetes/pkg/scheduler/apis/config"
	configscheme "k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"clustersim/sim/scheduler"
)

// Real is kube-scheduler v1.36.3 with its default profile and parallelism 1, without an API server: listers read from
// indexers that nobody but SetObject fills, nodes and pods go straight into the scheduler's cache, and the client takes
// down what is asked of it. It is for one goroutine.
type Real struct {
	sched    *upstream.Scheduler
	fwk      framework.Framework
	snap     *internalcache.Snapshot
	factory  informers.SharedInformerFactory
	scores   *scoreSink
	ctx      context.Context
	stop     context.CancelFunc
	nodes    map[string]*corev1.Node
	pods     map[string]*corev1.Pod // on a node, by namespace/name
	waiting  map[string]*corev1.Pod // for their nominated nodes
	deleted  []string               // pods whose deletion was asked for, by namespace/name
	cleared  []string               // pods that lost their nomination
	recorder *events.FakeRecorder
}

// NewReal returns an empty cluster.
func NewReal() (*Real, error) { return NewRealWith("") }

// NewRealWith is NewReal with a KubeSchedulerConfiguration of one profile, "" = the default.
func NewRealWith(profile string) (*Real, error) {
	options := []upstream.Option{upstream.WithParallelism(1)}
	if profile != "" {
		o, _, err := configscheme.Codecs.UniversalDecoder().Decode([]byte(profile), nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, profile)
		}
		cfg := o.(*schedconfig.KubeSchedulerConfiguration)
		options = append(options, upstream.WithProfiles(cfg.Profiles...), upstream.WithPercentageOfNodesToScore(cfg.PercentageOfNodesToScore))
	}
	asyncPreemption(false) // victims are then deleted before PostFilter returns; which ones does not depend on it
	r := &Real{scores: &scoreSink{}, nodes: map[string]*corev1.Node{}, pods: map[string]*corev1.Pod{}, waiting: map[string]*corev1.Pod{}, recorder: &events.FakeRecorder{}}
	ctx, stop := context.WithCancel(context.Background())
	r.ctx, r.stop = klog.NewContext(ctx, logr.New(r.scores)), stop
	client := &fake.Clientset{}
	client.AddReactor("*", "*", r.react)
	r.factory = upstream.NewInformerFactory(client, 0)
	sched, err := upstream.New(r.ctx, client, r.factory, nil, func(string) events.EventRecorderLogger { return r.recorder }, options...)
	if err != nil {
		return nil, err
	}
	r.sched, r.fwk = sched, sched.Profiles[corev1.DefaultSchedulerName]
	r.snap = r.fwk.SnapshotSharedLister().(*internalcache.Snapshot)
	return r, nil
}

func asyncPreemption(on bool) {
	must(utilfeature.DefaultMutableFeatureGate.Set(fmt.Sprint("SchedulerAsyncPreemption=", on)))
}

// Close ends the scheduler's helpers.
func (r *Real) Close() { r.stop() }

// react answers the client: every write succeeds and is forgotten, but for deletions of pods and nominations.
func (r *Real) react(a clienttesting.Action) (bool, runtime.Object, error) {
	switch a := a.(type) {
	case clienttesting.DeleteAction:
		r.deleted = append(r.deleted, a.GetNamespace()+"/"+a.GetName())
	case clienttesting.PatchAction:
		if strings.Contains(string(a.GetPatch()), `"nominatedNodeName":null`) {
			r.cleared = append(r.cleared, a.GetNamespace()+"/"+a.GetName())
		}
	}
	return true, &corev1.Pod{}, nil
}

// indexer is where listers find objects of that kind.
func (r *Real) indexer(o runtime.Object) cache.Indexer {
	core, apps, storage := r.factory.Core().V1(), r.factory.Apps().V1(), r.factory.Storage().V1()
	switch o.(type) {
	case *corev1.Pod:
		return core.Pods().Informer().GetIndexer()
	case *corev1.Node:
		return core.Nodes().Informer().GetIndexer()
	case *corev1.Namespace:
		return core.Namespaces().Informer().GetIndexer()
	case *corev1.Service:
		return core.Services().Informer().GetIndexer()
	case *corev1.ReplicationController:
		return core.ReplicationControllers().Informer().GetIndexer()
	case *appsv1.ReplicaSet:
		return apps.ReplicaSets().Informer().GetIndexer()
	case *appsv1.StatefulSet:
		return apps.StatefulSets().Informer().GetIndexer()
	case *policyv1.PodDisruptionBudget:
		return r.factory.Policy().V1().PodDisruptionBudgets().Informer().GetIndexer()
	case *corev1.PersistentVolume:
		return core.PersistentVolumes().Informer().GetIndexer()
	case *corev1.PersistentVolumeClaim:
		return core.PersistentVolumeClaims().Informer().GetIndexer()
	case *storagev1.StorageClass:
		return storage.StorageClasses().Informer().GetIndexer()
	case *storagev1.CSINode:
		return storage.CSINodes().Informer().GetIndexer()
	case *storagev1.VolumeAttachment:
		return storage.VolumeAttachments().Informer().GetIndexer()
	}
	panic(fmt.Sprintf("no lister for %T", o))
}

// SetObject shows an object other than a node or a pod to the scheduler.
func (r *Real) SetObject(o runtime.Object) { must(r.indexer(o).Add(o)) }

// RemoveObject takes it away.
func (r *Real) RemoveObject(o runtime.Object) { must(r.indexer(o).Delete(o)) }

// SetNode adds a node or changes it.
func (r *Real) SetNode(n *corev1.Node) {
	log := klog.FromContext(r.ctx)
	if old := r.nodes[n.Name]; old != nil {
		r.sched.Cache.UpdateNode(log, old, n)
	} else {
		r.sched.Cache.AddNode(log, n)
	}
	r.nodes[n.Name] = n
	r.SetObject(n)
}

// RemoveNode takes a node away, but not its pods.
func (r *Real) RemoveNode(name string) {
	n := r.nodes[name]
	must(r.sched.Cache.RemoveNode(klog.FromContext(r.ctx), n))
	delete(r.nodes, name)
	r.RemoveObject(n)
}

// SetPod adds a pod that has a node, or changes it.
func (r *Real) SetPod(p *corev1.Pod) {
	log, key := klog.FromContext(r.ctx), p.Namespace+"/"+p.Name
	if old := r.pods[key]; old != nil {
		must(r.sched.Cache.UpdatePod(log, old, p))
	} else {
		must(r.sched.Cache.AddPod(log, p))
	}
	r.pods[key] = p
	r.SetObject(p)
}

// RemovePod takes a pod off its node.
func (r *Real) RemovePod(key string) {
	p := r.pods[key]
	must(r.sched.Cache.RemovePod(klog.FromContext(r.ctx), p))
	delete(r.pods, key)
	r.RemoveObject(p)
}

// Nominate puts the pod into the queue, to wait for its nominated node.
func (r *Real) Nominate(p *corev1.Pod) {
	r.SetObject(p)
	r.sched.SchedulingQueue.Add(r.ctx, p)
	r.waiting[keyOf(p)] = p
}

// Forget takes it out.
func (r *Real) Forget(key string) {
	p := r.waiting[key]
	r.sched.SchedulingQueue.Delete(p)
	r.RemoveObject(p)
	delete(r.waiting, key)
}

// Pick is the scheduling cycle alone, as fast as it goes: the node, or "".
func (r *Real) Pick(p *corev1.Pod) string {
	must(r.sched.Cache.UpdateSnapshot(klog.FromContext(r.ctx), r.snap))
	info, err := framework.NewPodInfo(p)
	must(err)
	res, err := r.sched.SchedulePod(r.ctx, r.fwk, framework.NewCycleState(), &framework.QueuedPodInfo{PodInfo: info})
	if err != nil {
		return ""
	}
	return res.SuggestedHost
}

// Schedule runs one scheduling cycle, with PostFilter, and says all there is to say of it.
func (r *Real) Schedule(p *corev1.Pod) Answer {
	r.SetObject(p) // preemption reads the pod again
	if r.waiting[keyOf(p)] == nil {
		defer r.RemoveObject(p)
	}
	must(r.sched.Cache.UpdateSnapshot(klog.FromContext(r.ctx), r.snap))
	start := r.start()
	info, _ := framework.NewPodInfo(p)
	state := framework.NewCycleState()
	r.scores.begin()
	res, err := r.sched.SchedulePod(r.ctx, r.fwk, state, &framework.QueuedPodInfo{PodInfo: info})
	r.scores.end()
	a := Answer{Next: r.start()}
	if fit, ok := err.(*framework.FitError); ok {
		r.fail(&a, p, state, fit)
		return a
	}
	if err != nil {
		a.Message = err.Error()
		return a
	}
	a.Chosen, a.Volumes = res.SuggestedHost, volumesFor(state, res.SuggestedHost)
	r.succeed(&a, p, state, start, res)
	return a
}

// start is where the search for a node begins. It has no getter.
func (r *Real) start() int {
	return int(reflect.ValueOf(r.sched).Elem().FieldByName("nextStartNodeIndex").Int())
}

// succeed fills in the nodes. A cycle that finds a node throws away why the others failed, so filters are asked again.
func (r *Real) succeed(a *Answer, p *corev1.Pod, state fwk.CycleState, start int, res upstream.ScheduleResult) {
	a.Nodes = r.scores.nodes
	if res.FeasibleNodes == 1 {
		a.Nodes = []scheduler.NodeResult{{Node: res.SuggestedHost}}
	}
	for _, n := range a.Nodes {
		a.Feasible = append(a.Feasible, n.Node)
	}
	all, err := r.snap.NodeInfos().List()
	must(err)
	narrow, _, _ := r.fwk.RunPreFilterPlugins(r.ctx, framework.NewCycleState(), p)
	a.Narrowed = !narrow.AllNodes()
	failed := res.EvaluatedNodes - res.FeasibleNodes
	ask := func(n fwk.NodeInfo) {
		// Where the search ended, and what was not a candidate, may be feasible too.
		if status := r.fwk.RunFilterPluginsWithNominatedPods(r.ctx, state, p, n); !status.IsSuccess() {
			a.Nodes = append(a.Nodes, rejection(n.Node().Name, status))
			failed--
		}
	}
	nominated, err := r.snap.Get(p.Status.NominatedNodeName)
	if err == nil && failed > 0 {
		ask(nominated)
	}
	for i := 0; failed > 0 && i < len(all); i++ {
		n := all[(start+i)%len(all)]
		name := n.Node().Name
		if slices.Contains(a.Feasible, name) || !narrow.AllNodes() && !narrow.NodeNames.Has(name) || nominated != nil && name == p.Status.NominatedNodeName {
			continue
		}
		ask(n)
	}
	a.sort()
}

func (r *Real) fail(a *Answer, p *corev1.Pod, state fwk.CycleState, fit *framework.FitError) {
	a.Plugins = fit.Diagnosis.UnschedulablePlugins.UnsortedList()
	slices.Sort(a.Plugins)
	fit.Diagnosis.NodeToStatus.ForEachExplicitNode(func(name string, s *fwk.Status) {
		a.Nodes = append(a.Nodes, rejection(name, s))
	})
	r.deleted, r.cleared = nil, nil
	result, status := r.fwk.RunPostFilterPlugins(r.ctx, state, p, fit.Diagnosis.NodeToStatus)
	fit.Diagnosis.PostFilterMsg = status.Message()
	a.Message, a.Nominated = fit.Error(), p.Status.NominatedNodeName
	if result != nil && result.NominatingInfo.Mode() == fwk.ModeOverride {
		a.Nominated = result.NominatingInfo.NominatedNodeName
	}
	a.Victims, a.Cleared = slices.Sorted(slices.Values(r.deleted)), slices.Sorted(slices.Values(r.cleared))
	a.sort()
}

func rejection(node string, s *fwk.Status) scheduler.NodeResult {
	return scheduler.NodeResult{Node: node, Plugin: s.Plugin(), Code: s.Code().String(), Reasons: s.Reasons()}
}

// scoreSink is a log in which every score is written; it keeps those and drops all else.
type scoreSink struct {
	on    bool
	at    map[string]int
	nodes []scheduler.NodeResult
}

func (s *scoreSink) begin() { s.on, s.at, s.nodes = true, map[string]int{}, nil }
func (s *scoreSink) end()   { s.on = false }

func (s *scoreSink) Init(logr.RuntimeInfo)          {}
func (s *scoreSink) Enabled(int) bool               { return s.on }
func (s *scoreSink) Error(error, string, ...any)    {}
func (s *scoreSink) WithValues(...any) logr.LogSink { return s }
func (s *scoreSink) WithName(string) logr.LogSink   { return s }
func (s *scoreSink) Info(_ int, msg string, kv ...any) {
	total := strings.HasPrefix(msg, "Calculated node's final score")
	if !total && msg != "Plugin scored node for pod" {
		return
	}
	var node, plugin string
	var score int64
	for i := 0; i+1 < len(kv); i += 2 {
		switch kv[i] {
		case "node":
			node = kv[i+1].(string)
		case "plugin":
			plugin = kv[i+1].(string)
		case "score":
			score = kv[i+1].(int64)
		}
	}
	i, ok := s.at[node]
	if !ok {
		i = len(s.nodes)
		s.at[node] = i
		s.nodes = append(s.nodes, scheduler.NodeResult{Node: node, Scores: map[string]int64{}})
	}
	if total {
		s.nodes[i].Total = score
	} else {
		s.nodes[i].Scores[plugin] = score
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
