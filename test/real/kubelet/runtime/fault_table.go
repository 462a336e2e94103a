package main

import (
	"fmt"
	"slices"
	"sync"
)

// entry is a fault that is set.
type entry struct {
	fault
	// Applied is how often it applied so far.
	Applied int `json:"applied"`
	// cleared is closed when the fault is taken away.
	cleared chan struct{}
}

// faultTable is what is wrong at the moment. Of several faults that match a call the first one applies.
type faultTable struct {
	mutex   sync.Mutex
	entries []*entry
	made    int
}

// replace sets the whole table; on an error nothing has changed.
func (t *faultTable) replace(faults []fault) error {
	for index, one := range faults {
		if err := one.check(); err != nil {
			return fmt.Errorf("fault %d: %w", index, err)
		}
		same := func(other fault) bool { return other.ID != "" && other.ID == one.ID }
		if slices.ContainsFunc(faults[:index], same) {
			return fmt.Errorf("fault %d: id %q is there twice", index, one.ID)
		}
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, old := range t.entries {
		close(old.cleared)
	}
	t.entries = nil
	for _, one := range faults {
		t.insert(one)
	}
	return nil
}

// add appends one and returns its id.
func (t *faultTable) add(one fault) (string, error) {
	if err := one.check(); err != nil {
		return "", err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.index(one.ID) >= 0 {
		return "", fmt.Errorf("id %q is there already", one.ID)
	}
	return t.insert(one), nil
}

func (t *faultTable) insert(one fault) string {
	t.made++
	if one.ID == "" {
		one.ID = fmt.Sprintf("fault-%d", t.made)
	}
	t.entries = append(t.entries, &entry{fault: one, cleared: make(chan struct{})})
	return one.ID
}

// remove takes one away; false when there is none of that id.
func (t *faultTable) remove(id string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	index := t.index(id)
	if index < 0 {
		return false
	}
	close(t.entries[index].cleared)
	t.entries = slices.Delete(t.entries, index, index+1)
	return true
}

func (t *faultTable) index(id string) int {
	return slices.IndexFunc(t.entries, func(one *entry) bool { return one.ID == id })
}

func (t *faultTable) list() []entry {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	listed := make([]entry, 0, len(t.entries))
	for _, one := range t.entries {
		listed = append(listed, *one)
	}
	return listed
}

// take finds the fault that applies, among those whose answer is one of these kinds, and counts it; nil when none does.
func (t *faultTable) take(operation string, about subject, kinds []string) *entry {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, one := range t.entries {
		spent := one.Times > 0 && one.Applied >= one.Times
		if one.Operation == operation && !spent && slices.Contains(kinds, one.Answer.kinds()[0]) && one.Match.covers(about) {
			one.Applied++
			return one
		}
	}
	return nil
}
