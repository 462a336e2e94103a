package main

import (
	"fmt"
	"net/http"

	"knitbone.io/test/real/kubelet/loopback"
)

// routes is what a test calls.
//
//	GET    /faults        the table, with how often each applied
//	PUT    /faults        the whole table anew; hanging calls of the old one go on
//	POST   /faults        one more; answers {"id": …}
//	DELETE /faults        an empty table
//	DELETE /faults/{id}   one less
//	GET    /runtime       what the runtime holds
func routes(faults *faultTable, held *holdings) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(response http.ResponseWriter, _ *http.Request) {
		loopback.Answer(response, faults.list())
	})
	mux.HandleFunc("PUT /faults", func(response http.ResponseWriter, request *http.Request) {
		var table []fault
		err := loopback.Read(request, &table)
		if err == nil {
			err = faults.replace(table)
		}
		if err != nil {
			loopback.Refuse(response, http.StatusBadRequest, err)
			return
		}
		loopback.Answer(response, faults.list())
	})
	mux.HandleFunc("POST /faults", func(response http.ResponseWriter, request *http.Request) {
		var one fault
		var id string
		err := loopback.Read(request, &one)
		if err == nil {
			id, err = faults.add(one)
		}
		if err != nil {
			loopback.Refuse(response, http.StatusBadRequest, err)
			return
		}
		loopback.Answer(response, map[string]string{"id": id})
	})
	mux.HandleFunc("DELETE /faults", func(response http.ResponseWriter, _ *http.Request) {
		_ = faults.replace(nil)
		loopback.Answer(response, faults.list())
	})
	mux.HandleFunc("DELETE /faults/{id}", func(response http.ResponseWriter, request *http.Request) {
		if id := request.PathValue("id"); !faults.remove(id) {
			loopback.Refuse(response, http.StatusNotFound, fmt.Errorf("there is no fault %q", id))
			return
		}
		loopback.Answer(response, faults.list())
	})
	mux.HandleFunc("GET /runtime", func(response http.ResponseWriter, _ *http.Request) {
		loopback.Answer(response, held.list())
	})
	return mux
}
