package main

import (
	"sync"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// subject is what a call is about, as far as the call or what was created before it tells.
type subject struct {
	Pod, Namespace, Container, Image, UserImage string
}

// subjects remembers what sandboxes and containers were created for, by id, also after their removal.
type subjects struct {
	known sync.Map // id → subject
}

func (s *subjects) byID(id string) subject {
	about, _ := s.known.Load(id)
	found, _ := about.(subject)
	return found
}

// of says what a request is about.
func (s *subjects) of(request any) subject {
	switch asked := request.(type) {
	case *runtimeapi.RunPodSandboxRequest:
		return podOf(asked.GetConfig())
	case *runtimeapi.CreateContainerRequest:
		about := s.byID(asked.GetPodSandboxId())
		about.Container = asked.GetConfig().GetMetadata().GetName()
		about.Image, about.UserImage = imageOf(asked.GetConfig().GetImage())
		return about
	case *runtimeapi.PullImageRequest:
		about := podOf(asked.GetSandboxConfig())
		about.Image, about.UserImage = imageOf(asked.GetImage())
		return about
	case interface{ GetPodSandboxId() string }:
		return s.byID(asked.GetPodSandboxId())
	case interface{ GetContainerId() string }:
		return s.byID(asked.GetContainerId())
	case interface{ GetImage() *runtimeapi.ImageSpec }:
		image, userImage := imageOf(asked.GetImage())
		return subject{Image: image, UserImage: userImage}
	}
	return subject{}
}

// remember notes what was created.
func (s *subjects) remember(request, response any) {
	switch made := response.(type) {
	case *runtimeapi.RunPodSandboxResponse:
		s.known.Store(made.GetPodSandboxId(), s.of(request))
	case *runtimeapi.CreateContainerResponse:
		s.known.Store(made.GetContainerId(), s.of(request))
	}
}

func podOf(config *runtimeapi.PodSandboxConfig) subject {
	return subject{Pod: config.GetMetadata().GetName(), Namespace: config.GetMetadata().GetNamespace()}
}

// imageOf is what the runtime is asked for (a digest, once pulled) and what the pod's author wrote.
func imageOf(image *runtimeapi.ImageSpec) (string, string) {
	return image.GetImage(), image.GetUserSpecifiedImage()
}
