package main

import (
	"errors"
	"time"

	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

type clients struct{ api, heartbeat, events *clientset.Clientset }

// newClients gives the kubelet three connections, as the real one has, so that a busy one delays no heartbeat.
func newClients(base *rest.Config, node string, heartbeatTimeout time.Duration) (clients, error) {
	base.UserAgent = "hollow-kubelet/" + node
	base.QPS, base.Burst = 50, 100 // the kubelet's own defaults
	heartbeat := rest.CopyConfig(base)
	heartbeat.QPS = -1
	heartbeat.Timeout = heartbeatTimeout
	var made clients
	var errs [3]error
	made.api, errs[0] = clientset.NewForConfig(base)
	made.heartbeat, errs[1] = clientset.NewForConfig(heartbeat)
	made.events, errs[2] = clientset.NewForConfig(rest.CopyConfig(base))
	return made, errors.Join(errs[:]...)
}
