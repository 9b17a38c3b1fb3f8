// A webhook receiver: checks the signature, tells each event once, and answers.
//
//	RECEIVER_SECRET=whsec_… go run examples/receiver.go 9000
//
// Go's own library only, so that it can be copied into any service. Signatures are those of the
// Standard Webhooks specification (https://github.com/standard-webhooks/standard-webhooks).
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance     = 5 * time.Minute
	largestBody   = 1024 * 1024
	rememberedIDs = 10_000
)

// keyOf returns the base64 after `whsec_`; a secret of any other form is its own bytes.
func keyOf(secret string) []byte {
	if coded, found := strings.CutPrefix(secret, "whsec_"); found {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

// isGenuine tells whether somebody who knows the secret signed exactly this body, a short while ago.
func isGenuine(secret string, headers http.Header, body []byte, now time.Time) bool {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, keyOf(secret))
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	wanted := mac.Sum(nil)
	// Several signatures, separated by spaces, are sent while a secret is being replaced.
	for _, each := range strings.Split(headers.Get("webhook-signature"), " ") {
		coded, found := strings.CutPrefix(each, "v1,")
		given, err := base64.StdEncoding.DecodeString(coded)
		if found && err == nil && hmac.Equal(given, wanted) {
			return true
		}
	}
	return false
}

// inbox remembers what has come: the same id may arrive more than once and must count once.
type inbox struct {
	mutex sync.Mutex
	seen  map[string]bool
	order []string
}

func (box *inbox) take(id string, body []byte) error {
	var event struct {
		Type string
		Data struct{ Summary string }
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Type == "" {
		return errors.New("not an event")
	}
	box.mutex.Lock()
	defer box.mutex.Unlock()
	if box.seen[id] {
		return nil
	}
	fmt.Printf("%s: %s\n", event.Type, event.Data.Summary)
	box.seen[id] = true
	box.order = append(box.order, id)
	if len(box.order) > rememberedIDs {
		delete(box.seen, box.order[0])
		box.order = box.order[1:]
	}
	return nil
}

func main() {
	secret, port := os.Getenv("RECEIVER_SECRET"), "9000"
	if secret == "" {
		fmt.Fprintln(os.Stderr, "Set RECEIVER_SECRET to the webhook's secret.")
		os.Exit(2)
	}
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	box := &inbox{seen: map[string]bool{}}
	handler := func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, largestBody))
		switch {
		case err != nil:
			response.WriteHeader(http.StatusRequestEntityTooLarge)
		case !isGenuine(secret, request.Header, body, time.Now()):
			response.WriteHeader(http.StatusUnauthorized)
		case box.take(request.Header.Get("webhook-id"), body) != nil:
			response.WriteHeader(http.StatusBadRequest)
		default:
			response.WriteHeader(http.StatusNoContent)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("Listening on http://%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, http.HandlerFunc(handler)))
	os.Exit(1)
}
