// Package timeline draws what happened to pods over simulated time, for reading in a terminal.
//
//   - [Text] is a Gantt chart: a lane for each pod and each container.
//   - [PhaseTimeline] tells the story in dated lines, then where pods were placed and how full the nodes are.
//   - [CSV], [JSON] and [Markdown] write the same data for other tools.
//   - [History] gathers the data from watch events: the objects as an API server sends them.
//
// The data is plain ([Pod], [Lane], [Segment], [Mark]), so that anything can be drawn. All times are durations since the
// start of the run. Nothing is told by colour alone: every state has a symbol of its own, and the legend lists those that
// occur. Where there are more pods than a reader can take in, counts and the slowest pods take the place of lanes and lines.
package timeline
