package scheduler

const nameDynamicResources = "DynamicResources"

// Texts of DynamicResources' PostFilter.
const (
	messageNoClaims = "no new claims to deallocate"
	messageNotFound = "not found"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go.
// Differs: claims are not allocated; of this plugin nothing but its part of the failure's text is here.
var dynamicResources = &Plugin{
	Name:       nameDynamicResources,
	Points:     PointPreEnqueue | PointPreFilter | PointFilter | PointPostFilter | PointScore | PointReserve | PointPreBind,
	Doc:        "Speaks first where no node is left: pods without ResourceClaims have none to give back.",
	PostFilter: noClaims,
}

// noClaims has nothing to speak of, and ends everything, if the pod was turned down in PreFilter by a plugin before
// this one: upstream's then finds no state of its own.
func noClaims(c *Cycle, d *Diagnosis) PostFilterResult {
	if d.PreFilter != 0 {
		for _, i := range c.p.lineup.at(PointPreFilter) {
			if c.p.plugins[i].Name == nameDynamicResources {
				break
			}
			if i == c.p.rejections[d.PreFilter].Plugin {
				return PostFilterResult{Message: messageNotFound, Stop: true}
			}
		}
	}
	return PostFilterResult{Message: messageNoClaims}
}
