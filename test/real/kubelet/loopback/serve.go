// Package loopback serves the HTTP by which a test tells a running program what to do.
package loopback

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Serve serves on a loopback port that the system chooses. It writes the URL, http://127.0.0.1:<port>, into the file when it can be
// called, and never half of it.
func Serve(handler http.Handler, urlFile string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening on loopback: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); err != nil {
			fmt.Fprintf(os.Stderr, "serving on %s: %v\n", listener.Addr(), err)
			os.Exit(1)
		}
	}()
	unfinished := urlFile + ".unfinished"
	if err := os.WriteFile(unfinished, []byte("http://"+listener.Addr().String()), 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, urlFile)
}

// Read reads a JSON body into what `into` points to. A field that it does not have is an error that names it.
func Read(request *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, request.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	if decoder.More() {
		return fmt.Errorf("reading the body: something follows the JSON value")
	}
	return nil
}

// Answer sends a value as JSON.
func Answer(response http.ResponseWriter, value any) {
	response.Header().Set("content-type", "application/json")
	if err := json.NewEncoder(response).Encode(value); err != nil {
		fmt.Fprintf(os.Stderr, "answering: %v\n", err)
	}
}

// Refuse answers with a status and {"message": …}.
func Refuse(response http.ResponseWriter, status int, problem error) {
	response.Header().Set("content-type", "application/json")
	response.WriteHeader(status)
	_ = json.NewEncoder(response).Encode(map[string]string{"message": problem.Error()})
}
