package main

import (
	"cmp"
	"slices"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	apitest "k8s.io/cri-api/pkg/apis/testing"
)

// holdings is what the runtime holds, whatever the kubelet was told.
type holdings struct {
	runtime *apitest.FakeRuntimeService
}

type heldSandbox struct {
	ID        string `json:"id"`
	Pod       string `json:"pod"`
	Namespace string `json:"namespace"`
	UID       string `json:"uid"`
	Ready     bool   `json:"ready"`
}

type heldContainer struct {
	ID        string `json:"id"`
	Pod       string `json:"pod"`
	Namespace string `json:"namespace"`
	UID       string `json:"uid"`
	Container string `json:"container"`
	// Attempt counts restarts from 0.
	Attempt uint32 `json:"attempt"`
	Image   string `json:"image"`
	// State is created, running, exited or unknown.
	State string `json:"state"`
	// ExitCode and Reason are set when it is exited.
	ExitCode int32  `json:"exitCode"`
	Reason   string `json:"reason"`
}

type held struct {
	Sandboxes  []heldSandbox   `json:"sandboxes"`
	Containers []heldContainer `json:"containers"`
}

var stateNames = map[runtimeapi.ContainerState]string{
	runtimeapi.ContainerState_CONTAINER_CREATED: "created",
	runtimeapi.ContainerState_CONTAINER_RUNNING: "running",
	runtimeapi.ContainerState_CONTAINER_EXITED:  "exited",
	runtimeapi.ContainerState_CONTAINER_UNKNOWN: "unknown",
}

// list is sorted by pod, container and attempt.
func (h *holdings) list() held {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	all := held{Sandboxes: []heldSandbox{}, Containers: []heldContainer{}}
	for id, sandbox := range h.runtime.Sandboxes {
		pod := sandbox.GetMetadata()
		all.Sandboxes = append(all.Sandboxes, heldSandbox{ID: id, Pod: pod.GetName(), Namespace: pod.GetNamespace(), UID: pod.GetUid(),
			Ready: sandbox.GetState() == runtimeapi.PodSandboxState_SANDBOX_READY})
	}
	for id, container := range h.runtime.Containers {
		labels := container.GetLabels() // by these the kubelet itself finds its pods
		all.Containers = append(all.Containers, heldContainer{ID: id, Pod: labels["io.kubernetes.pod.name"],
			Namespace: labels["io.kubernetes.pod.namespace"], UID: labels["io.kubernetes.pod.uid"],
			Container: container.GetMetadata().GetName(), Attempt: container.GetMetadata().GetAttempt(), Image: container.GetImage().GetImage(),
			State: stateNames[container.GetState()], ExitCode: container.GetExitCode(), Reason: container.GetReason()})
	}
	slices.SortFunc(all.Sandboxes, func(a, b heldSandbox) int { return cmp.Compare(a.Namespace+"/"+a.Pod+a.ID, b.Namespace+"/"+b.Pod+b.ID) })
	slices.SortFunc(all.Containers, func(a, b heldContainer) int {
		return cmp.Or(cmp.Compare(a.Namespace+"/"+a.Pod+"/"+a.Container, b.Namespace+"/"+b.Pod+"/"+b.Container), cmp.Compare(a.Attempt, b.Attempt))
	})
	return all
}

// running are the ids of running containers.
func (h *holdings) running() []string {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	var ids []string
	for id, container := range h.runtime.Containers {
		if container.GetState() == runtimeapi.ContainerState_CONTAINER_RUNNING {
			ids = append(ids, id)
		}
	}
	return ids
}

// ready are the ids of ready sandboxes.
func (h *holdings) ready() []string {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	var ids []string
	for id, sandbox := range h.runtime.Sandboxes {
		if sandbox.GetState() == runtimeapi.PodSandboxState_SANDBOX_READY {
			ids = append(ids, id)
		}
	}
	return ids
}

// endContainer makes a container one that ended by itself.
func (h *holdings) endContainer(id string, end exit) {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	if container, found := h.runtime.Containers[id]; found {
		container.State = runtimeapi.ContainerState_CONTAINER_EXITED
		container.FinishedAt = time.Now().UnixNano()
		container.ExitCode, container.Reason, container.Message = end.Code, end.Reason, end.Message
	}
}

// nameEnd gives the end of a container that was stopped containerd's word for it; the fake has none.
func (h *holdings) nameEnd(id string) {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	container, found := h.runtime.Containers[id]
	if found && container.GetState() == runtimeapi.ContainerState_CONTAINER_EXITED && container.GetReason() == "" {
		container.Reason = exitReason(container.GetExitCode())
	}
}

// endSandbox makes a sandbox one whose own process is gone.
func (h *holdings) endSandbox(id string) {
	h.runtime.Lock()
	defer h.runtime.Unlock()
	if sandbox, found := h.runtime.Sandboxes[id]; found {
		sandbox.State = runtimeapi.PodSandboxState_SANDBOX_NOTREADY
	}
}
