package main

import (
	"context"
	"path"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// injector stands before every CRI call. Before the lists and statuses it changes what the runtime holds as a fault says, and so the change is
// in all later answers too, as a real one would be.
type injector struct {
	faults   *faultTable
	held     *holdings
	subjects *subjects
}

func (i *injector) intercept(ctx context.Context, request any, call *grpc.UnaryServerInfo, usual grpc.UnaryHandler) (any, error) {
	operation := path.Base(call.FullMethod)
	i.changeHoldings(operation, request)
	response, err := i.answer(ctx, operation, request, usual)
	if err != nil {
		return response, err
	}
	i.subjects.remember(request, response)
	if stopped, is := request.(*runtimeapi.StopContainerRequest); is {
		i.held.nameEnd(stopped.GetContainerId())
	}
	return response, nil
}

// changeHoldings lets what is running end, for the operations that look at it.
func (i *injector) changeHoldings(operation string, request any) {
	var ids []string
	switch asked := request.(type) {
	case *runtimeapi.ListContainersRequest:
		ids = i.held.running()
	case *runtimeapi.ContainerStatusRequest:
		ids = only(i.held.running(), asked.GetContainerId())
	case *runtimeapi.ListPodSandboxRequest:
		ids = i.held.ready()
	case *runtimeapi.PodSandboxStatusRequest:
		ids = only(i.held.ready(), asked.GetPodSandboxId())
	default:
		return
	}
	for _, id := range ids {
		one := i.faults.take(operation, i.subjects.byID(id), []string{"exited", "oomKilled", "sandboxDied"})
		switch {
		case one == nil:
		case one.Answer.SandboxDied:
			i.held.endSandbox(id)
		default:
			i.held.endContainer(id, one.Answer.exit())
		}
	}
}

func only(ids []string, id string) []string {
	if slices.Contains(ids, id) {
		return []string{id}
	}
	return nil
}

func (i *injector) answer(ctx context.Context, operation string, request any, usual grpc.UnaryHandler) (any, error) {
	kinds := callAnswers
	switch operation {
	case "Status", "StartContainer", "ExecSync", "StopContainer", "RemoveContainer", "StopPodSandbox", "RemovePodSandbox":
		kinds = slices.Concat(callAnswers, operations[operation].states)
	}
	one := i.faults.take(operation, i.subjects.of(request), kinds)
	if one == nil {
		return usual(ctx, request)
	}
	answer := one.Answer
	switch {
	case answer.Error != nil:
		code, _ := codeOf(answer.Code)
		return nil, status.Error(code, *answer.Error)
	case answer.DelayMs > 0:
		if err := wait(ctx, time.After(time.Duration(answer.DelayMs)*time.Millisecond)); err != nil {
			return nil, err
		}
		return usual(ctx, request)
	case answer.Hang:
		if err := wait(ctx, one.cleared); err != nil {
			return nil, err
		}
		return usual(ctx, request)
	case answer.LeftBehind:
		return done(request), nil
	case answer.NotReady != nil:
		return i.statusWith(ctx, request, *answer.NotReady, usual)
	case operation == "ExecSync":
		end := answer.exit()
		return &runtimeapi.ExecSyncResponse{ExitCode: end.Code, Stderr: []byte(end.Message)}, nil
	default: // StartContainer: it starts, and ends at once
		response, err := usual(ctx, request)
		if started, is := request.(*runtimeapi.StartContainerRequest); is && err == nil {
			i.held.endContainer(started.GetContainerId(), answer.exit())
		}
		return response, err
	}
}

// wait waits for a channel, or until the caller gives up.
func wait[T any](ctx context.Context, until <-chan T) error {
	select {
	case <-until:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// done is the answer of success, for what was not done.
func done(request any) any {
	switch request.(type) {
	case *runtimeapi.StopContainerRequest:
		return &runtimeapi.StopContainerResponse{}
	case *runtimeapi.RemoveContainerRequest:
		return &runtimeapi.RemoveContainerResponse{}
	case *runtimeapi.StopPodSandboxRequest:
		return &runtimeapi.StopPodSandboxResponse{}
	default:
		return &runtimeapi.RemovePodSandboxResponse{}
	}
}

func (i *injector) statusWith(ctx context.Context, request any, fault notReady, usual grpc.UnaryHandler) (any, error) {
	response, err := usual(ctx, request)
	if err != nil {
		return nil, err
	}
	changed := &runtimeapi.RuntimeStatus{}
	for _, condition := range response.(*runtimeapi.StatusResponse).GetStatus().GetConditions() {
		if condition.GetType() == fault.Condition {
			condition = &runtimeapi.RuntimeCondition{Type: fault.Condition, Status: false, Reason: fault.Reason, Message: fault.Message}
		}
		changed.Conditions = append(changed.Conditions, condition)
	}
	return &runtimeapi.StatusResponse{Status: changed}, nil
}
