package world

// Image says what is known of an image reference. The zero value of a field means the default.
type Image struct {
	Size        int64 // bytes; 0 = 100Mi
	Layers      int   // 0 = 1
	PullTime    Value // overrides size / bandwidth / latency
	Missing     bool  // the registry answers NotFound
	NeedsSecret bool  // pulled only with an imagePullSecret that holds its registry
	FailFirst   int   // on each node the first n pulls fail
	Error       string
}

// Registry says how pulls from matching references go. The first match wins.
type Registry struct {
	Match          string            // glob over the reference
	Zone           string            // "" = any: restricts it to pulls from nodes of that zone
	Select         map[string]string // node labels, nil = any
	Bandwidth      Value             // bytes per second of one pull; unset = 50Mi
	TotalBandwidth int64             // bytes per second over all pulls; 0 = unlimited
	Latency        Value             // unset = 500ms
	FailureRate    float64           // chance of each pull to fail, 0..1
	NeedsSecret    bool
}

// DefaultImageSize and the default registry, where the scenario names none.
const (
	DefaultImageSize = 100 << 20
	DefaultBandwidth = 50 << 20
)
