package config

import "time"

// Storage is what a provisioner of volumes and its driver can do, and how long it takes.
type Storage struct {
	Class         string        // the StorageClass that it is for
	Provisioner   string        // the name of provisioner and driver
	ProvisionTime time.Duration // making a volume
	AttachTime    time.Duration // attaching a volume to a node
	DetachTime    time.Duration // taking it off again
	Zones         []string      // where volumes can be made; each stays in its zone. none = volumes are everywhere
	MaxPerNode    int32         // volumes attached to a node; 0 = no limit
}

// DefaultStorage is a provisioner of which nothing is known but its name.
func DefaultStorage(provisioner string) Storage {
	return Storage{Provisioner: provisioner, ProvisionTime: 2 * time.Second, AttachTime: time.Second, DetachTime: time.Second}
}
