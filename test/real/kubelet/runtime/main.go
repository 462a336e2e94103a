// Command faulty-runtime is a container runtime without containers: the fake CRI server that Kubernetes' own tests use, behind a table of
// faults that a test sets over HTTP. The kubelet speaks to it as to any other, over gRPC on a Unix socket: what its client makes of an error, of
// a deadline or of silence is the real thing. It is a process of its own, so that it outlives a kubelet that is frozen, killed or restarted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crifake "k8s.io/cri-client/pkg/fake"
	"k8s.io/cri-client/pkg/util"

	"knitbone.io/test/real/kubelet/loopback"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "faulty-runtime: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("faulty-runtime", flag.ContinueOnError)
	socket := flags.String("socket", "", "path of the Unix socket for the kubelet, at most 107 bytes")
	urlFile := flags.String("url-file", "", "file to write the URL for tests into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *socket == "" || *urlFile == "" {
		return errors.New("--socket and --url-file are needed")
	}

	fake := crifake.NewFakeRemoteRuntime()
	fake.RuntimeService.FakeStatus = &runtimeapi.RuntimeStatus{
		Conditions: []*runtimeapi.RuntimeCondition{
			{Type: runtimeapi.RuntimeReady, Status: true},
			{Type: runtimeapi.NetworkReady, Status: true},
		},
	}
	fake.ImageService.SetFakeImageSize(700_000) // the kubelet takes an image without a size for a broken one

	held := &holdings{runtime: fake.RuntimeService}
	faults := &faultTable{}
	injector := &injector{faults: faults, held: held, subjects: &subjects{}}
	server := grpc.NewServer(grpc.UnaryInterceptor(injector.intercept))
	runtimeapi.RegisterRuntimeServiceServer(server, fake)
	runtimeapi.RegisterImageServiceServer(server, fake)
	listener, err := util.CreateListener("unix://" + *socket)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", *socket, err)
	}
	if err := loopback.Serve(routes(faults, held), *urlFile); err != nil {
		return err
	}
	return server.Serve(listener)
}
