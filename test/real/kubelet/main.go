// Command hollow-kubelet runs the real kubelet without containers, in the way of Kubernetes' own scale tests (k8s.io/kubernetes/pkg/kubemark).
//
// Why not the stock kubemark binary: it serves the kubelet's API on all interfaces without authentication, reports containers as ready that
// never started, records no events, and its runtime never fails. This one serves nothing but its devices and cgroups, probes for real, sends its events to
// the API server, and takes any CRI runtime (./runtime).
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
	kubeletapp "k8s.io/kubernetes/pkg/kubelet"
	cadvisortest "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubemark"

	"knitbone.io/test/real/kubelet/loopback"
)

func main() {
	set, err := parse(os.Args[1:])
	if err == nil {
		err = run(context.Background(), set)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "hollow-kubelet: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, set settings) error {
	// The kubelet makes its device plugin socket and others below the temporary folder.
	if err := os.Setenv("TMPDIR", set.root); err != nil {
		return err
	}
	base, err := clientcmd.BuildConfigFromFlags("", set.kubeconfig)
	if err != nil {
		return fmt.Errorf("reading kubeconfig %s: %w", set.kubeconfig, err)
	}
	flags, config, err := configure(set)
	if err != nil {
		return err
	}
	clients, err := newClients(base, set.name, config.NodeStatusUpdateFrequency.Duration)
	if err != nil {
		return err
	}
	cgroups := &podCgroups{ContainerManager: cm.NewStubContainerManager()}
	devices := newDevices(cgroups)
	if err := devices.set(set.devices); err != nil {
		return fmt.Errorf("--devices: %w", err)
	}
	routes := http.NewServeMux()
	addDeviceRoutes(routes, devices)
	addPodCgroupRoutes(routes, cgroups)
	if err := loopback.Serve(routes, set.urlFile); err != nil {
		return err
	}

	hollow := kubemark.NewHollowKubelet(flags, config, clients.api, clients.heartbeat, &cadvisortest.Fake{NodeName: set.name}, nil, nil, devices)
	if err := connectRuntime(ctx, config, hollow.KubeletDeps); err != nil {
		return err
	}
	hollow.KubeletDeps.ProbeManager = nil // nil means the kubelet's own
	if err := recordEvents(hollow.KubeletDeps, clients); err != nil {
		return err
	}
	hollow.Run(ctx)
	return errors.New("the kubelet ended")
}

// recordEvents lets events go to the API server. With a real recorder the kubelet insists on reading the kernel's log, which is root's.
func recordEvents(deps *kubeletapp.Dependencies, clients clients) error {
	kmsg, err := os.Open("/dev/kmsg")
	if err != nil {
		fmt.Fprintf(os.Stderr, "hollow-kubelet: this kubelet records no events: %v\n", err)
		deps.Recorder = &record.FakeRecorder{}
		return nil
	}
	deps.Recorder = nil // nil means a real one, that sends to:
	deps.EventClient = clients.events.CoreV1()
	return kmsg.Close()
}
