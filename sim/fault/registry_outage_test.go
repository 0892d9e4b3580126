package fault

import (
	"testing"

	"clustersim/sim/world"
)

// onlyWorld is a Cluster for actions that change nothing but the world.
type onlyWorld struct {
	Cluster
	world *world.World
}

func (c onlyWorld) World() *world.World { return c.world }

// An outage lasts until it is undone, and pulls fail with the words that it was given.
func TestRegistryOutage(t *testing.T) {
	c := onlyWorld{world: world.New(nil, nil, nil)}
	undo, err := (&RegistryOutage{Match: "registry.test/*", Zone: "", Error: "no route to host"}).Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if o := c.world.Override("registry.test/app:v1", nil); o == nil || !o.Outage || o.Error != "no route to host" {
		t.Errorf("override %+v", o)
	}
	if o := c.world.Override("other.test/app:v1", nil); o != nil {
		t.Errorf("another registry: %+v", o)
	}
	undo()
	if o := c.world.Override("registry.test/app:v1", nil); o != nil {
		t.Errorf("after it: %+v", o)
	}
}
