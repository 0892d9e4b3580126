package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

// newInit is `simulate init`.
func newInit(a *app) *cobra.Command {
	force := false
	c := &cobra.Command{
		Use:   "init [FILE] [flags]",
		Short: "Write a scenario to begin with: it runs and passes",
		Example: `  # scenario.yaml, to be changed; - writes it to standard output
  simulate init
  simulate test scenario.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := "scenario.yaml"
			if len(args) == 1 {
				name = args[0]
			}
			if name == "-" {
				_, err := a.out.WriteString(firstScenario)
				return err
			}
			if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) && !force {
				return usagef("%s is there already; --force writes over it", name)
			}
			if err := os.WriteFile(name, []byte(firstScenario), 0o644); err != nil {
				return usagef("%v", err)
			}
			fmt.Fprintf(a.err, "wrote %s; next: simulate test %s\n", name, name)
			return nil
		},
	}
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	return c
}

// firstScenario is what init writes.
const firstScenario = `# A scenario: what the cluster is, what runs on it, what goes wrong and when, and what must hold.
#
#   simulate test scenario.yaml               # does it hold? the first instant where it does not
#   simulate run -f scenario.yaml             # what happened to each pod and node
#   simulate why deploy/web -f scenario.yaml --at 90s
apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: first}
spec:
  description: A Deployment keeps serving while a node is lost
  duration: 8m # of simulated time; without it: until nothing more happens
  cluster:
    nodes: # 4 CPUs and 16Gi each, unless capacity says otherwise
      - {name: "worker-{i}", count: 3}
    images:
      registry.test/web:v1: {size: 80Mi}
  workloads: # created as kubectl create would; your own files: - manifests: [web.yaml]
    - inline: |
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: registry.test/web:v1
                readinessProbe: {httpGet: {port: 80}, periodSeconds: 2}
  behaviors: # what containers do; your manifests stay as they are
    - select: {labels: "app=web"}
      probes: {readiness: {okAfter: 5s}}
  timeline: # what goes wrong
    - {name: crash, at: 60s, nodeCrash: {node: worker-1}}
  expect: # what must hold, at every instant
    - name: all pods serve at first
      eventually: {by: 30s}
      cel: pods("app=web").filter(p, ready(p)).size() == 3
    - name: two pods serve throughout
      always: {from: 30s}
      cel: pods("app=web").filter(p, ready(p)).size() >= 2
    - name: the lost pod is replaced
      eventually: {after: crash, within: 7m}
      cel: pods("app=web").filter(p, ready(p) && p.spec.nodeName != "worker-1").size() == 3
`
