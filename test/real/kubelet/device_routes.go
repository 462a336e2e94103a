package main

import (
	"net/http"

	v1 "k8s.io/api/core/v1"

	"knitbone.io/test/real/kubelet/loopback"
)

// addDeviceRoutes adds what a test calls.
//
//	GET /devices   {"example.com/gpu": {"capacity": 4, "healthy": 4}}
//	PUT /devices   all of them anew; what is not there any more is a device plugin that is gone for good
func addDeviceRoutes(mux *http.ServeMux, devices *devices) {
	mux.HandleFunc("GET /devices", func(response http.ResponseWriter, _ *http.Request) {
		loopback.Answer(response, devices.list())
	})
	mux.HandleFunc("PUT /devices", func(response http.ResponseWriter, request *http.Request) {
		wanted := map[v1.ResourceName]device{}
		err := loopback.Read(request, &wanted)
		if err == nil {
			err = devices.set(wanted)
		}
		if err != nil {
			loopback.Refuse(response, http.StatusBadRequest, err)
			return
		}
		loopback.Answer(response, devices.list())
	})
}
