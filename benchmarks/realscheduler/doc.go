// Command realscheduler runs the plugins of kube-scheduler v1.36.3 beside those of sim/scheduler.
package main
