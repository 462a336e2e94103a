package main

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
)

type settings struct {
	name       string
	kubeconfig string
	root       string
	runtime    string
	urlFile    string
	maxPods    int
	labels     map[string]string
	taints     []v1.Taint
	devices    map[v1.ResourceName]device
}

func parse(args []string) (settings, error) {
	set := settings{}
	flags := flag.NewFlagSet("hollow-kubelet", flag.ContinueOnError)
	flags.StringVar(&set.name, "name", "", "name of the node")
	flags.StringVar(&set.kubeconfig, "kubeconfig", "", "kubeconfig of the API server")
	flags.StringVar(&set.root, "root", "", "folder for all that this kubelet keeps on disk; short, for it holds Unix sockets")
	flags.StringVar(&set.runtime, "runtime", "", "path of the runtime's Unix socket")
	flags.StringVar(&set.urlFile, "url-file", "", "file to write the URL for tests into")
	flags.IntVar(&set.maxPods, "max-pods", 110, "pods that the node admits")
	labels := flags.String("labels", "", "labels of the node: key=value,key=value")
	taints := flags.String("taints", "", "taints the node registers with: key=value:effect,key=value:effect")
	devices := flags.String("devices", "", "extended resources of the node, all of them healthy: example.com/gpu=4,…")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if set.name == "" || set.kubeconfig == "" || set.root == "" || set.runtime == "" || set.urlFile == "" {
		return set, errors.New("--name, --kubeconfig, --root, --runtime and --url-file are needed")
	}
	var errs [3]error
	set.labels, errs[0] = parseLabels(*labels)
	set.taints, errs[1] = parseTaints(*taints)
	set.devices, errs[2] = parseDevices(*devices)
	return set, errors.Join(errs[:]...)
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

func parseDevices(text string) (map[v1.ResourceName]device, error) {
	devices := map[v1.ResourceName]device{}
	for _, part := range words(text) {
		name, value, _ := strings.Cut(part, "=")
		count, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("device %q is not name=count", part)
		}
		devices[v1.ResourceName(name)] = device{Capacity: count, Healthy: count}
	}
	return devices, nil
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}
