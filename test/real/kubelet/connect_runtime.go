//go:build !before_kubernetes_1_36

package main

import (
	"context"

	"k8s.io/kubernetes/pkg/kubelet"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// connectRuntime connects to the CRI as the kubelet's own start does, with its deadlines.
func connectRuntime(ctx context.Context, config *kubeletconfig.KubeletConfiguration, deps *kubelet.Dependencies) error {
	return kubelet.PreInitRuntimeService(ctx, config, deps)
}
