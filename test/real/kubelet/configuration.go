package main

import (
	"os"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/cmd/kubelet/app/options"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
)

// configure is kubemark's GetHollowKubeletConfig (pkg/kubemark/hollow_kubelet.go, the same in v1.35 and v1.36), but with everything below the
// root folder, no server, and a runtime behind a socket. Not called itself, because it makes a folder in /tmp, whatever TMPDIR is, which a
// kubelet that is killed at that moment leaves behind. What is not named here is the kubelet's own default.
func configure(set settings) (*options.KubeletFlags, *kubeletconfig.KubeletConfiguration, error) {
	config, err := options.NewKubeletConfiguration()
	if err != nil {
		return nil, nil, err
	}
	flags := options.NewKubeletFlags()
	// The same at every start, so that a kubelet that is started again finds what it left.
	flags.RootDirectory = filepath.Join(set.root, "kubelet")
	flags.HostnameOverride = set.name
	flags.MinimumGCAge = metav1.Duration{Duration: time.Minute}
	flags.MaxContainerCount = 100
	flags.MaxPerPodContainerCount = 2
	flags.NodeLabels = set.labels

	config.StaticPodPath = filepath.Join(flags.RootDirectory, "static-pods")
	config.PodLogsDir = filepath.Join(flags.RootDirectory, "pod-logs")
	for _, folder := range []string{config.StaticPodPath, config.PodLogsDir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, nil, err
		}
	}
	config.EnableServer = false
	config.Port, config.ReadOnlyPort = 0, 0
	config.Address = "127.0.0.1" // should somebody turn the server on
	config.ContainerRuntimeEndpoint = "unix://" + set.runtime
	config.ImageServiceEndpoint = ""
	config.ProviderID = "kubemark://" + set.name
	config.RegisterWithTaints = set.taints
	config.MaxPods = int32(set.maxPods)
	config.NodeStatusUpdateFrequency.Duration = 10 * time.Second
	config.NodeStatusReportFrequency.Duration = 5 * time.Minute
	config.SyncFrequency.Duration = 10 * time.Second
	config.ImageGCHighThresholdPercent = 90
	config.ImageGCLowThresholdPercent = 80
	config.EnableControllerAttachDetach = true // as anywhere else: kubemark lets the kubelet attach volumes
	config.HairpinMode = kubeletconfig.HairpinVeth
	config.MaxOpenFiles = 1024
	config.RegistryBurst = 10
	config.RegistryPullQPS = 5.0
	config.SerializeImagePulls = true
	config.ResolverConfig = kubetypes.ResolvConfDefault
	// No cgroups: there is nothing to put into them.
	config.CgroupRoot = ""
	config.CgroupsPerQOS = false
	config.KubeletCgroups = "/kubelet"
	config.SystemCgroups = ""
	return flags, config, nil
}
