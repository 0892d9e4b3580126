// Package metric measures runs: a documented catalogue of metrics, a collector that is a journal.Sink, and the grammar of
// thresholds over what was collected.
//
//	c := metric.NewCollector(metric.Options{})     // a sink of the run
//	c.Finish(end)                                  // what is open at the end counts until then
//	s, err := metric.ParseSelector(`time_to_ready_seconds{app="web"}`)
//	v, ok := c.Data().Value(s, metric.Quantile(0.95))
//	curves := c.Data().Curves(s)                   // for charts and exports
//	all := metric.Merge(run1, run2)                // one population over several runs
//
// A metric is one of a few types, which say what an aggregate of it means:
//
//	Samples  a number for each thing that happened (a pod got ready): avg, min, med, max, p(N) over the numbers, count of them
//	Counter  things that happened, counted for each object: count is all of them, rate is per second, max the most of one object
//	Rate     yes or no for each object: rate is the share of yes
//	Level    a number that holds until it changes (pods pending): avg, min, med, max, p(N) are weighted by time, value is the last
//	Total    one number for each object at the end of the run (cost): sum is all of them
//
// Labels of a selector are those of the pod (for workloads and Jobs, of the pod template), and the built-in ones that the
// catalogue lists for each metric.
package metric
