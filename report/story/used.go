package story

import "time"

// Used tells what the containers of each node use at an instant between the last record and now: cpu in thousandths of a core,
// memory in bytes.
type Used func(at time.Duration, tell func(node, resource string, amount float64))

// useEvery is how often metrics-server scrapes the kubelets by default.
//
// Source: metrics-server v0.7 --metric-resolution.
const useEvery = 15 * time.Second

// Measure makes the story have the series "cpu used" and "memory used", sampled every 15 s. Call it before the run begins.
func (c *Collector) Measure(used Used) { c.used = used }

// sampleUse asks for the instants before at that have not been asked for.
func (c *Collector) sampleUse(at time.Duration) {
	if c.used == nil {
		return
	}
	for ; c.asked < at; c.asked += useEvery {
		cpu, memory := 0.0, 0.0
		c.used(c.asked, func(_, resource string, amount float64) {
			switch resource {
			case "cpu":
				cpu += amount
			case "memory":
				memory += amount
			}
		})
		c.totals.cpuUsed, c.totals.memoryUsed = int64(cpu), int64(memory)
		c.sample(c.asked)
	}
}
