package main

import (
	"os"
	"path/filepath"
	"strings"

	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubemark"
)

// configure is kubemark's configuration of a kubelet, but with everything below the root folder, no server, and a runtime behind a socket.
func configure(set settings) (*options.KubeletFlags, *kubeletconfig.KubeletConfiguration, error) {
	flags, config := kubemark.GetHollowKubeletConfig(&kubemark.HollowKubeletOptions{
		NodeName:           set.name,
		MaxPods:            set.maxPods,
		NodeLabels:         set.labels,
		RegisterWithTaints: set.taints,
	})
	// It has made a folder in /tmp, whatever TMPDIR is, which nobody would remove.
	if made := flags.RootDirectory; strings.HasPrefix(filepath.Base(made), "hollow-kubelet.") {
		if err := os.RemoveAll(made); err != nil {
			return nil, nil, err
		}
	}
	// The same at every start, so that a kubelet that is started again finds what it left.
	flags.RootDirectory = filepath.Join(set.root, "kubelet")
	config.StaticPodPath = filepath.Join(flags.RootDirectory, "static-pods")
	config.PodLogsDir = filepath.Join(flags.RootDirectory, "pod-logs")
	for _, folder := range []string{config.StaticPodPath, config.PodLogsDir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, nil, err
		}
	}
	config.EnableServer = false
	config.Address = "127.0.0.1" // should somebody turn the server on
	config.ContainerRuntimeEndpoint = "unix://" + set.runtime
	config.ImageServiceEndpoint = ""
	return flags, config, nil
}
