package main

import (
	"fmt"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	v1qos "k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	"k8s.io/kubernetes/pkg/kubelet/cm"
)

// cgroupFault is why the cgroups of a namespace's pods cannot be made. There is none where the error is empty.
type cgroupFault struct {
	Namespace string `json:"namespace"`
	// Error is what systemd's D-Bus or the file system says.
	Error string `json:"error"`
}

// podCgroups stands where pods' cgroups are made, which the stub below it says are all there. With a fault it fails as the kubelet's own does
// (pkg/kubelet/cm/pod_container_manager_linux.go), in the same words.
type podCgroups struct {
	cm.ContainerManager
	mutex sync.Mutex
	fault cgroupFault
}

func (p *podCgroups) set(fault cgroupFault) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.fault = fault
}

func (p *podCgroups) get() cgroupFault {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.fault
}

func (p *podCgroups) of(pod *v1.Pod) string {
	if fault := p.get(); fault.Namespace == pod.Namespace {
		return fault.Error
	}
	return ""
}

// NewPodContainerManager is asked for at every sync of a pod.
func (p *podCgroups) NewPodContainerManager() cm.PodContainerManager {
	return &faultyPodCgroups{PodContainerManager: p.ContainerManager.NewPodContainerManager(), faults: p}
}

type faultyPodCgroups struct {
	cm.PodContainerManager
	faults *podCgroups
}

func (f *faultyPodCgroups) Exists(pod *v1.Pod) bool {
	return f.faults.of(pod) == "" && f.PodContainerManager.Exists(pod)
}

func (f *faultyPodCgroups) EnsureExists(logger klog.Logger, pod *v1.Pod) error {
	if problem := f.faults.of(pod); problem != "" {
		return fmt.Errorf("failed to create container for %v : %v", podCgroupName(pod), problem)
	}
	return f.PodContainerManager.EnsureExists(logger, pod)
}

func podCgroupName(pod *v1.Pod) cm.CgroupName {
	own := "pod" + string(pod.UID)
	if class := v1qos.GetPodQOS(pod); class != v1.PodQOSGuaranteed {
		return cm.CgroupName{"kubepods", strings.ToLower(string(class)), own}
	}
	return cm.CgroupName{"kubepods", own}
}
