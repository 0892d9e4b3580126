package scenarios

import (
	"time"

	"clustersim/model"
)

// Storage is a StorageClass with the provisioner and the driver behind it.
type Storage struct {
	Place         model.Place    `json:"-"`
	Class         string         // the name of the StorageClass; required
	Default       *bool          // claims without a class get it; true for the only class
	Provisioner   string         // CLASS.csi.test
	BindingMode   string         `enum:"Immediate,WaitForFirstConsumer"` // WaitForFirstConsumer with zones, else Immediate
	ReclaimPolicy string         `enum:"Delete,Retain"`                  // Delete
	ProvisionTime *time.Duration // 2s
	AttachTime    *time.Duration // 1s
	DetachTime    *time.Duration // 1s
	Zones         []string       // where volumes can be made; none = they can be reached from everywhere
	MaxPerNode    int            // volumes attached to a node; 0 = no limit
}
