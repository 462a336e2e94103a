package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
)

// fault is what one kind of call is answered with instead of, or before, the usual.
type fault struct {
	// ID is given by the table when it is empty.
	ID        string `json:"id,omitempty"`
	Operation string `json:"operation"`
	Match     match  `json:"match"`
	Answer    answer `json:"answer"`
	// Times is how often it applies; 0 is for ever.
	Times int `json:"times,omitempty"`
}

// match says which calls: what is absent matches everything, * stands for any letters.
type match struct {
	Pod       string `json:"pod,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Container string `json:"container,omitempty"`
	Image     string `json:"image,omitempty"`
}

// answer is exactly one of these; Code goes with Error.
type answer struct {
	// Error is the text after "rpc error: code = … desc = ".
	Error *string `json:"error,omitempty"`
	// Code is a gRPC code as gRPC spells it: Unknown (the default), Unavailable, NotFound …
	Code string `json:"code,omitempty"`
	// DelayMs is waited before the usual answer.
	DelayMs int `json:"delayMs,omitempty"`
	// Hang waits until the fault is cleared, and then does what was asked; or until the caller gives up, and then does nothing.
	Hang bool `json:"hang,omitempty"`
	// Exited is a container that ended; of ExecSync, the command.
	Exited *exit `json:"exited,omitempty"`
	// OOMKilled is a container that ended with 137, as containerd reports it.
	OOMKilled bool `json:"oomKilled,omitempty"`
	// LeftBehind says done and does nothing.
	LeftBehind bool `json:"leftBehind,omitempty"`
	// SandboxDied is a sandbox that is not ready any more.
	SandboxDied bool `json:"sandboxDied,omitempty"`
	// NotReady is a condition of the runtime that is not true.
	NotReady *notReady `json:"notReady,omitempty"`
}

type exit struct {
	Code int32 `json:"code"`
	// Reason is Completed for 0 and Error for others when it is empty, as containerd has it.
	Reason string `json:"reason,omitempty"`
	// Message is the message of a container's end, or what a command wrote to its standard error.
	Message string `json:"message,omitempty"`
}

type notReady struct {
	// Condition is RuntimeReady or NetworkReady.
	Condition string `json:"condition"`
	Reason    string `json:"reason,omitempty"`
	Message   string `json:"message,omitempty"`
}

// kinds are the names of the answers that are given, as JSON has them.
func (a answer) kinds() []string {
	var given []string
	for kind, is := range map[string]bool{
		"error": a.Error != nil, "delayMs": a.DelayMs != 0, "hang": a.Hang, "exited": a.Exited != nil, "oomKilled": a.OOMKilled,
		"leftBehind": a.LeftBehind, "sandboxDied": a.SandboxDied, "notReady": a.NotReady != nil,
	} {
		if is {
			given = append(given, kind)
		}
	}
	slices.Sort(given)
	return given
}

func (a answer) exit() exit {
	if a.OOMKilled {
		return exit{Code: 137, Reason: "OOMKilled"}
	}
	end := *a.Exited
	if end.Reason == "" {
		end.Reason = exitReason(end.Code)
	}
	return end
}

// exitReason is what containerd says of a container that ended by itself.
func exitReason(code int32) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

// What a match may name, by what a call is about.
var (
	none      = []string{}
	pods      = []string{"pod", "namespace"}
	contained = []string{"pod", "namespace", "container", "image"}
	pulls     = []string{"pod", "namespace", "image"}
	images    = []string{"image"}
)

// operation is what a fault of a CRI call can be.
type operation struct {
	// about is what a match may name.
	about []string
	// states are the wrong states that it can find or leave, and stateAbout what the match of such a one may name.
	states     []string
	stateAbout []string
}

var operations = map[string]operation{
	"Version":          {about: none},
	"Status":           {about: none, states: []string{"notReady"}, stateAbout: none},
	"RunPodSandbox":    {about: pods},
	"StopPodSandbox":   {about: pods, states: []string{"leftBehind"}, stateAbout: pods},
	"RemovePodSandbox": {about: pods, states: []string{"leftBehind"}, stateAbout: pods},
	"PodSandboxStatus": {about: pods, states: []string{"sandboxDied"}, stateAbout: pods},
	"ListPodSandbox":   {about: none, states: []string{"sandboxDied"}, stateAbout: pods},
	"CreateContainer":  {about: contained},
	"StartContainer":   {about: contained, states: []string{"exited", "oomKilled"}, stateAbout: contained},
	"StopContainer":    {about: contained, states: []string{"leftBehind"}, stateAbout: contained},
	"RemoveContainer":  {about: contained, states: []string{"leftBehind"}, stateAbout: contained},
	"ContainerStatus":  {about: contained, states: []string{"exited", "oomKilled"}, stateAbout: contained},
	"ListContainers":   {about: none, states: []string{"exited", "oomKilled"}, stateAbout: contained},
	"ExecSync":         {about: contained, states: []string{"exited"}, stateAbout: contained},
	"PullImage":        {about: pulls},
	"ImageStatus":      {about: images},
	"RemoveImage":      {about: images},
	"ImageFsInfo":      {about: none},
}

// callAnswers are the answers that every operation can give.
var callAnswers = []string{"error", "delayMs", "hang"}

// check says what is wrong with a fault.
func (f fault) check() error {
	known, found := operations[f.Operation]
	if !found {
		names := make([]string, 0, len(operations))
		for name := range operations {
			names = append(names, name)
		}
		slices.Sort(names)
		return fmt.Errorf("operation %q is not one of %s", f.Operation, strings.Join(names, ", "))
	}
	kinds := f.Answer.kinds()
	if len(kinds) != 1 {
		return fmt.Errorf("the answer must be exactly one thing, and is %d: [%s]", len(kinds), strings.Join(kinds, ", "))
	}
	possible := append(slices.Clone(callAnswers), known.states...)
	if !slices.Contains(possible, kinds[0]) {
		return fmt.Errorf("answer %s is not one that %s can give: %s", kinds[0], f.Operation, strings.Join(possible, ", "))
	}
	about := known.about
	if slices.Contains(known.states, kinds[0]) {
		about = known.stateAbout
	}
	for _, field := range f.Match.fields() {
		if !slices.Contains(about, field) {
			return fmt.Errorf("match %s: a call of %s with answer %s can be matched by [%s]", field, f.Operation, kinds[0], strings.Join(about, ", "))
		}
	}
	return f.checkValues()
}

func (f fault) checkValues() error {
	if f.Times < 0 || f.Answer.DelayMs < 0 {
		return fmt.Errorf("times %d and delayMs %d must not be negative", f.Times, f.Answer.DelayMs)
	}
	if f.Answer.Code != "" && f.Answer.Error == nil {
		return fmt.Errorf("code %q goes with an error only", f.Answer.Code)
	}
	if code, found := codeOf(f.Answer.Code); !found || code == codes.OK {
		return fmt.Errorf("code %q is not the name of a gRPC error code", f.Answer.Code)
	}
	if of := f.Answer.NotReady; of != nil && of.Condition != "RuntimeReady" && of.Condition != "NetworkReady" {
		return fmt.Errorf("condition %q is neither RuntimeReady nor NetworkReady", of.Condition)
	}
	return nil
}

func codeOf(name string) (codes.Code, bool) {
	if name == "" {
		return codes.Unknown, true
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if code.String() == name {
			return code, true
		}
	}
	return codes.Unknown, false
}

// fields are the names of the fields that are given.
func (m match) fields() []string {
	text, _ := json.Marshal(m)
	given := map[string]string{}
	_ = json.Unmarshal(text, &given)
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m match) covers(about subject) bool {
	return fits(m.Pod, about.Pod) && fits(m.Namespace, about.Namespace) && fits(m.Container, about.Container) &&
		(fits(m.Image, about.Image) || fits(m.Image, about.UserImage))
}

func fits(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}
