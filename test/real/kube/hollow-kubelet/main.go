// Command hollow-kubelet runs the real kubelet over the in-process fake container runtime that Kubernetes uses for its own scale tests.
//
// Why not the stock kubemark binary: it serves the kubelet's API on all interfaces without authentication, reports containers as ready that
// never started, and records no events. This one serves nothing, probes for real, and sends its events to the API server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace/noop"
	v1 "k8s.io/api/core/v1"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
	cri "k8s.io/cri-client/pkg"
	crifake "k8s.io/cri-client/pkg/fake"
	cadvisortest "k8s.io/kubernetes/pkg/kubelet/cadvisor/testing"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubemark"
)

type settings struct {
	name       string
	kubeconfig string
	root       string
	maxPods    int
	labels     map[string]string
	taints     []v1.Taint
}

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

func parse(args []string) (settings, error) {
	set := settings{}
	flags := flag.NewFlagSet("hollow-kubelet", flag.ContinueOnError)
	flags.StringVar(&set.name, "name", "", "name of the node")
	flags.StringVar(&set.kubeconfig, "kubeconfig", "", "kubeconfig of the API server")
	flags.StringVar(&set.root, "root", "", "folder for all that this kubelet keeps on disk; short, for it holds Unix sockets")
	flags.IntVar(&set.maxPods, "max-pods", 110, "pods that the node admits")
	labels := flags.String("labels", "", "labels of the node: key=value,key=value")
	taints := flags.String("taints", "", "taints the node registers with: key=value:effect,key=value:effect")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if set.name == "" || set.kubeconfig == "" || set.root == "" {
		return set, errors.New("--name, --kubeconfig and --root are needed")
	}
	var err error
	if set.labels, err = parseLabels(*labels); err != nil {
		return set, err
	}
	set.taints, err = parseTaints(*taints)
	return set, err
}

func parseLabels(text string) (map[string]string, error) {
	labels := map[string]string{}
	for _, part := range words(text) {
		key, value, found := strings.Cut(part, "=")
		if !found {
			return nil, fmt.Errorf("label %q is not key=value", part)
		}
		labels[key] = value
	}
	return labels, nil
}

func parseTaints(text string) ([]v1.Taint, error) {
	var taints []v1.Taint
	for _, part := range words(text) {
		keyAndValue, effect, found := strings.Cut(part, ":")
		if !found {
			return nil, fmt.Errorf("taint %q is not key=value:effect", part)
		}
		key, value, _ := strings.Cut(keyAndValue, "=")
		taints = append(taints, v1.Taint{Key: key, Value: value, Effect: v1.TaintEffect(effect)})
	}
	return taints, nil
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

func run(ctx context.Context, set settings) error {
	// The kubelet's own root folder is made below the temporary folder.
	if err := os.Setenv("TMPDIR", set.root); err != nil {
		return err
	}
	base, err := clientcmd.BuildConfigFromFlags("", set.kubeconfig)
	if err != nil {
		return fmt.Errorf("reading kubeconfig %s: %w", set.kubeconfig, err)
	}
	base.UserAgent = "hollow-kubelet/" + set.name
	base.QPS, base.Burst = 50, 100 // the kubelet's own defaults

	flags, config := kubemark.GetHollowKubeletConfig(&kubemark.HollowKubeletOptions{
		NodeName:           set.name,
		MaxPods:            set.maxPods,
		NodeLabels:         set.labels,
		RegisterWithTaints: set.taints,
	})
	config.EnableServer = false
	config.Address = "127.0.0.1" // should somebody turn the server on

	clients, err := newClients(base, config.NodeStatusUpdateFrequency.Duration)
	if err != nil {
		return err
	}

	endpoint := "unix://" + filepath.Join(set.root, "cri.sock")
	runtime := crifake.NewFakeRemoteRuntime()
	if err := runtime.Start(endpoint); err != nil {
		return fmt.Errorf("starting the fake runtime: %w", err)
	}
	defer runtime.Stop()
	runtimeService, err := cri.NewRemoteRuntimeService(ctx, endpoint, 15*time.Second, noop.NewTracerProvider(), false)
	if err != nil {
		return fmt.Errorf("connecting to the fake runtime: %w", err)
	}

	hollow := kubemark.NewHollowKubelet(flags, config, clients.api, clients.heartbeat, &cadvisortest.Fake{NodeName: set.name},
		runtime.ImageService, runtimeService, cm.NewStubContainerManager())
	hollow.KubeletDeps.ProbeManager = nil // nil means the kubelet's own
	hollow.KubeletDeps.Recorder = nil     // nil means a real one, that sends to:
	hollow.KubeletDeps.EventClient = clients.events.CoreV1()
	if kmsg, err := os.Open("/dev/kmsg"); err != nil {
		// With a real recorder the kubelet insists on reading the kernel's log, which is root's.
		fmt.Fprintf(os.Stderr, "hollow-kubelet: this kubelet records no events: %v\n", err)
		hollow.KubeletDeps.Recorder = &record.FakeRecorder{}
	} else if err := kmsg.Close(); err != nil {
		return err
	}
	hollow.Run(ctx)
	return nil
}

type clients struct{ api, heartbeat, events *clientset.Clientset }

// newClients gives the kubelet three connections, as the real one has, so that a busy one delays no heartbeat.
func newClients(base *rest.Config, heartbeatTimeout time.Duration) (clients, error) {
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
