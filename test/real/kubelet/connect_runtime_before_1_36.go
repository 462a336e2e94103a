//go:build before_kubernetes_1_36

package main

import (
	"context"

	"k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// connectRuntime is connect_runtime.go's, as it was written before Kubernetes 1.36. Go has no tag for the version of a module: the build sets it.
func connectRuntime(_ context.Context, config *kubeletconfig.KubeletConfiguration, deps *kubelet.Dependencies) error {
	return kubelet.PreInitRuntimeService(config, deps)
}
