package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

const maxBytes = 1024 * 1024

// Calls under way may take so long once the function shall end.
const grace = 30 * time.Second

// Deferred says that it is not yet time; the record is tried again after so long.
type Deferred struct {
	Text       string
	RetryAfter time.Duration
}

func (deferred Deferred) Error() string { return deferred.Text }

// Terminal says that the step will never do this; the record is tried again only when it changes.
type Terminal struct{ Text string }

func (terminal Terminal) Error() string { return terminal.Text }

// What no step sees, with the status that it is refused with.
type refused struct {
	status int
	detail string
}

func (refusal refused) Error() string { return refusal.detail }

type step func(record, expanded map[string]any) (map[string]any, error)

type operation struct {
	name string
	run  step
}

var operations = map[string]operation{
	"org.opencord.xos.sync_record.v1":   {"sync", syncRecord},
	"org.opencord.xos.delete_record.v1": {"delete", deleteRecord},
}

type change struct {
	Operation string         `json:"operation"`
	Model     string         `json:"model"`
	Record    map[string]any `json:"record"`
	Expanded  map[string]any `json:"expanded"`
}

type event struct {
	attributes map[string]string
	data       []byte
}

func malformed(format string, values ...any) refused {
	return refused{http.StatusBadRequest, fmt.Sprintf(format, values...)}
}

// Every CloudEvent has these attributes.
func checkAttributes(attributes map[string]string) error {
	for _, name := range []string{"specversion", "id", "source", "type"} {
		if attributes[name] == "" {
			return malformed("Expected a CloudEvent, got none of its attribute %s", name)
		}
	}
	if version := attributes["specversion"]; version != "1.0" {
		return malformed("Expected specversion 1.0, got %s", version)
	}
	return nil
}

// An event that is all in the body.
func structuredEvent(body []byte) (event, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return event{}, malformed("Expected the body to be a JSON object: %v", err)
	}
	attributes := map[string]string{}
	for name, member := range members {
		var text string
		if json.Unmarshal(member, &text) == nil {
			attributes[name] = text
		}
	}
	return event{attributes, members["data"]}, checkAttributes(attributes)
}

// An event whose attributes are headers.
func binaryEvent(header http.Header, mediaType string, body []byte) (event, error) {
	attributes := map[string]string{}
	for name, values := range header {
		attribute, found := strings.CutPrefix(strings.ToLower(name), "ce-")
		if !found {
			continue
		}
		text, err := url.PathUnescape(values[0])
		if err != nil || len(values) > 1 || !utf8.ValidString(text) {
			return event{}, malformed("Expected header %s once, percent-encoded as UTF-8", name)
		}
		attributes[attribute] = text
	}
	if err := checkAttributes(attributes); err != nil {
		return event{}, err
	}
	if mediaType != "application/json" {
		detail := "Expected data of type application/json, got " + strconv.Quote(mediaType)
		return event{}, refused{http.StatusUnsupportedMediaType, detail}
	}
	return event{attributes, body}, nil
}

// A CloudEvent 1.0, in whichever mode it came.
func readEvent(header http.Header, body []byte) (event, error) {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if mediaType == "application/cloudevents+json" {
		return structuredEvent(body)
	}
	return binaryEvent(header, mediaType, body)
}

func readChange(data []byte, expected string) (change, error) {
	var read change
	if err := json.Unmarshal(data, &read); err != nil {
		return read, malformed("Expected the data to be a change in JSON: %v", err)
	}
	id, isNumber := read.Record["id"].(float64)
	if read.Operation != expected || !isNumber || id < 1 || read.Expanded == nil {
		return read, malformed("Expected data with operation %s, model, record and expanded", expected)
	}
	if read.Model != observes {
		detail := fmt.Sprintf("Expected a record of %s, got one of %s", observes, read.Model)
		return read, refused{http.StatusUnprocessableEntity, detail}
	}
	return read, nil
}

// Nobody waits for the answer after expirytime.
func checkDeadline(attributes map[string]string) error {
	expiry, found := attributes["expirytime"]
	if !found {
		return nil
	}
	deadline, err := time.Parse(time.RFC3339, expiry)
	if err != nil {
		return malformed("Expected expirytime to be a timestamp, got %s", expiry)
	}
	if !time.Now().Before(deadline) {
		return errors.New("the deadline had passed before the change arrived; nothing was done")
	}
	return nil
}

// Runs the step of an event. Returns feedback fields, or nil.
func carryOut(header http.Header, body []byte) (map[string]any, error) {
	came, err := readEvent(header, body)
	if err != nil {
		return nil, err
	}
	asked, found := operations[came.attributes["type"]]
	if !found {
		return nil, malformed("Expected the type of a sync or a delete, got %s", came.attributes["type"])
	}
	change, err := readChange(came.data, asked.name)
	if err != nil {
		return nil, err
	}
	if err := checkDeadline(came.attributes); err != nil {
		return nil, err
	}
	return asked.run(change.Record, change.Expanded)
}

func answerJSON(response http.ResponseWriter, mediaType string, status int, value any) {
	response.Header().Set("Content-Type", mediaType)
	response.WriteHeader(status)
	if err := json.NewEncoder(response).Encode(value); err != nil {
		slog.Warn("The answer was not written", "error", err)
	}
}

func answerProblem(response http.ResponseWriter, status int, detail string) {
	answerJSON(response, "application/problem+json", status, map[string]any{
		"status": status, "title": http.StatusText(status), "detail": detail,
	})
}

// What a step returned becomes an answer.
func answerError(response http.ResponseWriter, err error) {
	var refusal refused
	var deferred Deferred
	var terminal Terminal
	switch {
	case errors.As(err, &refusal):
		answerProblem(response, refusal.status, refusal.detail)
	case errors.As(err, &deferred):
		seconds := int((deferred.RetryAfter + time.Second - 1) / time.Second)
		response.Header().Set("Retry-After", strconv.Itoa(seconds))
		answerProblem(response, http.StatusConflict, deferred.Text)
	case errors.As(err, &terminal):
		answerProblem(response, http.StatusUnprocessableEntity, terminal.Text)
	default:
		slog.Error("The step failed", "error", err)
		answerProblem(response, http.StatusInternalServerError, err.Error())
	}
}

func take(response http.ResponseWriter, request *http.Request) {
	// A little more is read away, so that who sent it hears the answer.
	body, err := io.ReadAll(io.LimitReader(request.Body, 8*maxBytes))
	if err != nil {
		answerProblem(response, http.StatusBadRequest, "The body broke off")
		return
	}
	if len(body) > maxBytes {
		detail := fmt.Sprintf("Expected a body of at most %d bytes", maxBytes)
		answerProblem(response, http.StatusRequestEntityTooLarge, detail)
		return
	}
	feedback, err := carryOut(request.Header, body)
	switch {
	case err != nil:
		answerError(response, err)
	case feedback == nil:
		response.WriteHeader(http.StatusNoContent)
	default:
		answerJSON(response, "application/json", http.StatusOK, map[string]any{"feedback": feedback})
	}
}

// Whether the caller may call. Digests are compared, in a time that tells nothing of the tokens.
func isKnown(header http.Header, tokens []string) bool {
	given := sha256.Sum256([]byte(header.Get("Authorization")))
	for _, token := range tokens {
		expected := sha256.Sum256([]byte("Bearer " + token))
		if subtle.ConstantTimeCompare(given[:], expected[:]) == 1 {
			return true
		}
	}
	return false
}

func serveStep(response http.ResponseWriter, request *http.Request) {
	switch request.Method {
	case http.MethodPost:
		take(response, request)
	case http.MethodGet, http.MethodHead:
		description := map[string]any{"observes": observes, "include": include}
		answerJSON(response, "application/json", http.StatusOK, description)
	default:
		response.Header().Set("Allow", "GET, POST")
		answerProblem(response, http.StatusMethodNotAllowed, "Expected GET or POST, got "+request.Method)
	}
}

func handlerFor(tokens []string) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		switch path := request.URL.Path; {
		case path == "/health/liveness" || path == "/health/readiness":
			response.WriteHeader(http.StatusOK)
		case path != "/":
			answerProblem(response, http.StatusNotFound, "Expected / or a path of health, got "+path)
		case !isKnown(request.Header, tokens):
			response.Header().Set("WWW-Authenticate", "Bearer")
			detail := "Expected Authorization: Bearer with a token of this function"
			answerProblem(response, http.StatusUnauthorized, detail)
		default:
			serveStep(response, request)
		}
	})
}

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	// Several are good at once while callers go from one to the next.
	tokens := strings.Fields(strings.ReplaceAll(os.Getenv("SYNCSTEP_FUNCTION_TOKEN"), ",", " "))
	if len(tokens) == 0 {
		fmt.Fprintln(os.Stderr, "Set SYNCSTEP_FUNCTION_TOKEN, which callers must know")
		os.Exit(1)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	server := &http.Server{
		Addr:              ":" + port,
		Handler:           handlerFor(tokens),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	slog.Info("Function is listening", "port", port)

	select {
	case err := <-failed:
		slog.Error("The function cannot listen", "error", err)
		os.Exit(1)
	case <-stop.Done():
	}
	ending, end := context.WithTimeout(context.Background(), grace)
	defer end()
	if err := server.Shutdown(ending); err != nil {
		slog.Error("Calls were cut off", "error", err)
		os.Exit(1)
	}
}
