// The tutorial's step for HelloWorldService in Go, with nothing but its standard library.
//
//	PORT=8080 SYNCSTEP_FUNCTION_TOKEN=secret go run .
//
// Copy it: this file is the step, contract.go is the same for every step.
package main

import "log/slog"

const observes = "HelloWorldService"

// Paths of links whose records travel with a change.
var include = []string{}

// Brings a record about. Returns feedback fields, or nil; a deferral or a refusal for good is an error of its own.
func syncRecord(record map[string]any, _ map[string]any) (map[string]any, error) {
	slog.Info("HelloWorldService has been updated!", "hello_from", record["hello_from"])
	return nil, nil
}

// Takes a record away; content when there is nothing to take away.
func deleteRecord(record map[string]any, _ map[string]any) (map[string]any, error) {
	slog.Info("HelloWorldService has been deleted!", "pk", record["id"])
	return nil, nil
}
