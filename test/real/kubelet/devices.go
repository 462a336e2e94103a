package main

import (
	"fmt"
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	v1helper "k8s.io/kubernetes/pkg/apis/core/v1/helper"
	"k8s.io/kubernetes/pkg/kubelet/cm"
	"k8s.io/kubernetes/pkg/kubelet/cm/admission"
	"k8s.io/kubernetes/pkg/kubelet/lifecycle"
	schedulerframework "k8s.io/kubernetes/pkg/scheduler/framework"
)

// device is how many of one extended resource a device plugin reports, and how many of them work.
type device struct {
	Capacity int64 `json:"capacity"`
	Healthy  int64 `json:"healthy"`
}

// devices counts what device plugins would report, in place of the kubelet's device manager (pkg/kubelet/cm/devicemanager/manager.go), which
// serves plugins on one fixed path per machine. Its effects are the same: capacity counts all devices and allocatable the healthy ones; a plugin
// that is gone for good leaves a capacity of 0; what admission says of a pod that asks for more than is there is said in the same words.
type devices struct {
	cm.ContainerManager
	mutex   sync.Mutex
	present map[v1.ResourceName]device
	gone    map[v1.ResourceName]bool
}

func newDevices(rest cm.ContainerManager) *devices {
	return &devices{ContainerManager: rest, present: map[v1.ResourceName]device{}, gone: map[v1.ResourceName]bool{}}
}

// set replaces all. What was there before and is not now is a plugin that is gone.
func (d *devices) set(wanted map[v1.ResourceName]device) error {
	for name, one := range wanted {
		if !v1helper.IsExtendedResourceName(name) {
			return fmt.Errorf("%q is not the name of an extended resource (example.com/gpu)", name)
		}
		if one.Healthy < 0 || one.Capacity < one.Healthy {
			return fmt.Errorf("%s: %d healthy ones of %d are not possible", name, one.Healthy, one.Capacity)
		}
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for name := range d.present {
		d.gone[name] = true
	}
	d.present = map[v1.ResourceName]device{}
	for name, one := range wanted {
		d.present[name] = one
		delete(d.gone, name)
	}
	return nil
}

func (d *devices) list() map[v1.ResourceName]device {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	copied := map[v1.ResourceName]device{}
	for name, one := range d.present {
		copied[name] = one
	}
	return copied
}

// GetDevicePluginResourceCapacity is what the kubelet writes into its node's status, every 10 s where it changed.
func (d *devices) GetDevicePluginResourceCapacity() (v1.ResourceList, v1.ResourceList, []string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	capacity, allocatable, gone := v1.ResourceList{}, v1.ResourceList{}, []string{}
	for name, one := range d.present {
		capacity[name] = *resource.NewQuantity(one.Capacity, resource.DecimalSI)
		allocatable[name] = *resource.NewQuantity(one.Healthy, resource.DecimalSI)
	}
	for name := range d.gone {
		gone = append(gone, string(name))
	}
	return capacity, allocatable, gone
}

// GetAllocateResourcesPodAdmitHandler is asked before the kubelet's own predicates.
func (d *devices) GetAllocateResourcesPodAdmitHandler() lifecycle.PodAdmitHandler { return d }

// Admit says UnexpectedAdmissionError where devices are missing.
func (d *devices) Admit(attrs *lifecycle.PodAdmitAttributes) lifecycle.PodAdmitResult {
	for name, one := range d.list() {
		if err := allocate(string(name), one.Healthy, attrs); err != nil {
			return admission.GetPodAdmitResult(err)
		}
	}
	return admission.GetPodAdmitResult(nil)
}

// allocate is devicesToAllocate of the device manager, without identities: its two ways to refuse a new container.
func allocate(name string, healthy int64, attrs *lifecycle.PodAdmitAttributes) error {
	used := int64(0)
	for _, other := range attrs.OtherPods {
		used += devicesOf(other, name)
	}
	for _, container := range attrs.Pod.Spec.Containers {
		needed := limitOf(container, name)
		if needed == 0 {
			continue
		}
		if healthy == 0 {
			return fmt.Errorf("no healthy devices present; cannot allocate unhealthy devices %s", name)
		}
		if available := max(0, healthy-used); available < needed {
			return fmt.Errorf("requested number of devices unavailable for %s. Requested: %d, Available: %d", name, needed, available)
		}
		used += needed
	}
	return nil
}

// UpdatePluginResources raises what the predicates think is allocatable to what is allocated already, as the device manager does.
func (d *devices) UpdatePluginResources(node *schedulerframework.NodeInfo, attrs *lifecycle.PodAdmitAttributes) error {
	for name := range d.list() {
		own := devicesOf(attrs.Pod, string(name))
		if own == 0 {
			continue
		}
		allocated := own
		for _, other := range attrs.OtherPods {
			allocated += devicesOf(other, string(name))
		}
		if node.Allocatable.ScalarResources[name] < allocated {
			node.Allocatable.SetScalar(name, allocated)
		}
	}
	return nil
}

func devicesOf(pod *v1.Pod, name string) int64 {
	sum := int64(0)
	for _, container := range pod.Spec.Containers {
		sum += limitOf(container, name)
	}
	return sum
}

func limitOf(container v1.Container, name string) int64 {
	limit := container.Resources.Limits[v1.ResourceName(name)]
	return limit.Value()
}
