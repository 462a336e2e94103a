package main

import (
	"net/http"

	"knitbone.io/test/real/kubelet/loopback"
)

// addPodCgroupRoutes adds what a test calls.
//
//	PUT /pod-cgroups   {"namespace": "shop", "error": "dbus: connection closed by user"}; an empty error ends it
func addPodCgroupRoutes(mux *http.ServeMux, cgroups *podCgroups) {
	mux.HandleFunc("PUT /pod-cgroups", func(response http.ResponseWriter, request *http.Request) {
		var fault cgroupFault
		if err := loopback.Read(request, &fault); err != nil {
			loopback.Refuse(response, http.StatusBadRequest, err)
			return
		}
		cgroups.set(fault)
		loopback.Answer(response, cgroups.get())
	})
}
