package fault

// Entry is one action that the scenario language knows.
type Entry struct {
	Name    string        // what the timeline writes
	New     func() Action // nil: the format knows it, this version does not simulate it
	Reverts bool          // may stand with `for`: undone after that time
}

// Registry is every action, in the order of the documentation.
var Registry = []Entry{
	{"nodeCrash", func() Action { return &NodeCrash{} }, true},
	{"nodeRecover", func() Action { return &NodeRecover{} }, false},
	{"nodeReboot", func() Action { return &NodeReboot{} }, false},
	{"nodeShutdown", func() Action { return &NodeShutdown{} }, false},
	{"partition", func() Action { return &Partition{} }, true},
	{"runtimeDown", func() Action { return &RuntimeDown{} }, true},
	{"nodePressure", func() Action { return &NodePressure{} }, true},
	{"taint", func() Action { return &Taint{} }, true},
	{"untaint", func() Action { return &Untaint{} }, false},
	{"label", func() Action { return &Label{} }, true},
	{"cordon", func() Action { return &Cordon{} }, true},
	{"uncordon", func() Action { return &Uncordon{} }, false},
	{"drain", func() Action { return &Drain{} }, false},
	{"addNodes", func() Action { return &AddNodes{} }, false},
	{"removeNodes", func() Action { return &RemoveNodes{} }, false},
	{"spotReclaim", func() Action { return &SpotReclaim{} }, false},
	{"deleteNode", func() Action { return &DeleteNode{} }, false},
	{"forEach", func() Action { return &ForEach{} }, false},
	{"apply", func() Action { return &Apply{} }, false},
	{"patch", func() Action { return &Patch{} }, false},
	{"scale", func() Action { return &Scale{} }, false},
	{"delete", func() Action { return &Delete{} }, false},
	{"evict", func() Action { return &Evict{} }, false},
	{"killContainer", func() Action { return &KillContainer{} }, false},
	{"setImage", func() Action { return &SetImage{} }, false},
	{"rolloutRestart", func() Action { return &RolloutRestart{} }, false},
	{"rolloutUndo", func() Action { return &RolloutUndo{} }, false},
	{"pause", func() Action { return &Pause{} }, false},
	{"resume", func() Action { return &Resume{} }, false},
	{"suspend", func() Action { return &Suspend{} }, true},
	{"registryOutage", func() Action { return &RegistryOutage{} }, true},
	{"registryThrottle", func() Action { return &RegistryThrottle{} }, true},
}

// Find returns the entry of that name, nil if there is none.
func Find(name string) *Entry {
	for i := range Registry {
		if Registry[i].Name == name {
			return &Registry[i]
		}
	}
	return nil
}
