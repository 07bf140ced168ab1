package spikelet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const users = `{"namespaces": {"test": {"records": [
	{"set": "users", "key": "alice", "ttl": 300, "bins": {"age": 30}},
	{"set": "users", "key": "bob", "bins": {"age": 40}}
]}}}`

func count(t *testing.T, server *Server) string {
	t.Helper()
	reply, err := server.Info("sets/test/users")
	if err != nil {
		t.Fatal(err)
	}
	return fields(strings.TrimSuffix(reply, ";"), ":")["objects"]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("expected an error with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("expected %q in: %v", part, err)
		}
	}
}

func TestItStartsAndStops(t *testing.T) {
	server, err := Start(Options{})
	must(t, err)
	if server.Host() != "127.0.0.1" || server.Port() == 0 || server.Hosts() != fmt.Sprintf("127.0.0.1:%d", server.Port()) {
		t.Fatal(server.Hosts())
	}
	namespaces, err := server.Info("namespaces")
	if err != nil || namespaces != "test;bar" {
		t.Fatal(namespaces, err)
	}
	must(t, server.Close())
	must(t, server.Close())
	_, err = server.Info("namespaces")
	contains(t, err, "the server is closed")
}

func TestTheClockMovesAndRecordsExpire(t *testing.T) {
	server := Test(t)
	loaded, err := server.Fixtures().Load([]byte(users))
	if err != nil || loaded != (Loaded{Records: 2}) {
		t.Fatal(loaded, err)
	}
	clock := server.Clock()
	must(t, clock.Freeze())
	before, frozen, err := clock.Now()
	if err != nil || !frozen {
		t.Fatal(frozen, err)
	}
	must(t, clock.Advance(302*time.Second))
	after, _, err := clock.Now()
	if err != nil || after.Sub(before) != 302*time.Second {
		t.Fatal(before, after, err)
	}
	if found := count(t, server); found != "1" {
		t.Fatal(found)
	}
	date := time.UnixMilli(1_900_000_000_000)
	must(t, clock.Set(date))
	if now, _, err := clock.Now(); err != nil || !now.Equal(date) {
		t.Fatal(now, err)
	}
	must(t, clock.Resume())
	must(t, clock.Reset())
	if now, frozen, err := clock.Now(); err != nil || frozen || time.Since(now) > time.Minute {
		t.Fatal(now, frozen, err)
	}
	contains(t, clock.Advance(-time.Second), "cannot be advanced by -1s")
	if removed, err := server.Nsup(); err != nil || removed != 0 {
		t.Fatal(removed, err)
	}
}

func TestFaultsFireAndTheJournalKeepsRequests(t *testing.T) {
	server := Test(t)
	fault, err := server.Faults().Arm(Fault{On: Filter{Command: "info"}, Result: "device-overload", Times: 1})
	must(t, err)
	other, err := server.Faults().Arm(Fault{On: Filter{Command: "write", Set: "users"}, Delay: time.Second})
	must(t, err)
	if fired, err := fault.Fired(); err != nil || fired != 0 {
		t.Fatal(fired, err)
	}
	_, err = server.Info("namespaces")
	var refused *ControlError
	if !errors.As(err, &refused) || refused.Code != 18 {
		t.Fatal(err)
	}
	_, err = server.Info("namespaces")
	must(t, err)
	if fired, err := fault.Fired(); err != nil || fired != 1 {
		t.Fatal(fired, err)
	}
	if matched, err := other.Matched(); err != nil || matched != 0 {
		t.Fatal(matched, err)
	}
	must(t, fault.Remove())
	_, err = fault.Fired()
	contains(t, err, "was removed")
	must(t, server.Faults().Clear())

	journal := server.Journal()
	if n, err := journal.Count(Filter{Command: "info"}); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	entries, err := journal.Entries(Filter{Command: "info"}, 1)
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0], " info namespaces -> ") {
		t.Fatal(entries, err)
	}
	must(t, journal.Clear())
	if n, err := journal.Count(Filter{}); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	must(t, journal.Stop())
}

func TestNodesDieAndComeBack(t *testing.T) {
	server := Test(t, Options{Nodes: 3, ReplicationFactor: 2})
	first := server.Hosts()
	nodes := server.Nodes()
	must(t, nodes.Kill("B1"))
	must(t, nodes.Kill("B2"))
	contains(t, nodes.Kill("B3"), "the last node that is up")
	list, err := nodes.List()
	if err != nil || len(list) != 3 || list[0].State != "down" || list[2].State != "up" {
		t.Fatal(list, err)
	}
	if server.Hosts() != list[2].Address {
		t.Fatal(server.Hosts())
	}
	must(t, nodes.Restart("B1"))
	must(t, nodes.Restart("B2"))
	if server.Hosts() != first {
		t.Fatal(server.Hosts(), first)
	}
	must(t, nodes.Partition([]string{"B1"}, []string{"B2", "B3"}))
	must(t, nodes.Heal())
	must(t, nodes.Quiesce("B2"))
	must(t, nodes.QuiesceUndo("B2"))
	if id, err := nodes.Add(); err != nil || id != "B4" || strings.Count(server.Hosts(), ",") != 3 {
		t.Fatal(id, server.Hosts(), err)
	}
	contains(t, nodes.Kill("C9"), "no node C9", "result code 4")
}

func TestSnapshotsAndFixtures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.json")
	must(t, os.WriteFile(path, []byte(users), 0o600))
	server := Test(t, Options{Load: []string{path}, Namespaces: []string{"test", "cache,default-ttl=1h"}})
	must(t, server.Snapshots().Save("two"))
	must(t, server.Reset())
	if reply, err := server.Info("sets/test/users"); err != nil || reply != "" {
		t.Fatal(reply, err)
	}
	must(t, server.Snapshots().Restore("two"))
	if found := count(t, server); found != "2" {
		t.Fatal(found)
	}
	must(t, server.Snapshots().Drop("two"))
	contains(t, server.Snapshots().Restore("two"), "no snapshot 'two'")
	saved := filepath.Join(t.TempDir(), "saved.json")
	must(t, server.Fixtures().Save(saved))
	must(t, server.Fixtures().Backup("test", saved+".asb"))
	if loaded, err := server.Fixtures().LoadFile(saved); err != nil || loaded.Records != 2 {
		t.Fatal(loaded, err)
	}
	_, err := server.Fixtures().Load([]byte("{"))
	contains(t, err, "fixture/load", "line 1")
	contains(t, server.Fixtures().Save("a;b"), "semicolon")
	_, err = server.Control("clock/advance", Parameter{"seconds", "1"})
	contains(t, err, "unexpected parameter 'seconds', expected ms")
}

// get reads a record that does not exist, as a client would.
func get(t *testing.T, server *Server) {
	t.Helper()
	field := func(kind byte, data string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))) + string(kind) + data
	}
	header := make([]byte, 22)
	// The size of the header, the flags of a read of all bins, and the number of fields.
	header[0], header[1], header[19] = 22, 3, 3
	body := string(header) + field(0, "test") + field(1, "users") + field(4, strings.Repeat("\x00", 20))
	connection, err := net.Dial("tcp", server.Hosts())
	must(t, err)
	defer connection.Close()
	_, err = io.WriteString(connection, string(binary.BigEndian.AppendUint64(nil, 2<<56|3<<48|uint64(len(body))))+body)
	must(t, err)
	reply := make([]byte, 8+22)
	_, err = io.ReadFull(connection, reply)
	must(t, err)
	if reply[8+5] != 2 {
		t.Fatalf("expected the result code 2, got %d", reply[8+5])
	}
}

// What a failed test of a user would log.
type failing struct {
	testing.TB
	log      []string
	cleanups []func()
}

func (f *failing) Helper()                {}
func (f *failing) Failed() bool           { return true }
func (f *failing) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }
func (f *failing) Logf(format string, arguments ...any) {
	f.log = append(f.log, fmt.Sprintf(format, arguments...))
}
func (f *failing) Fatalf(format string, arguments ...any) { panic(fmt.Sprintf(format, arguments...)) }

func TestAFailedTestLogsTheJournal(t *testing.T) {
	user := &failing{TB: t}
	server := Test(user)
	get(t, server)
	user.cleanups[0]()
	if len(user.log) != 1 || !strings.Contains(user.log[0], "the last 1 requests to 127.0.0.1:") ||
		!strings.Contains(user.log[0], " read test/users/0000") || !strings.Contains(user.log[0], " -> ") {
		t.Fatal(user.log)
	}
}

func TestErrorsAtTheStart(t *testing.T) {
	_, err := Start(Options{Arguments: []string{"--nodse", "3"}})
	contains(t, err, "ended at its start", "exit status 2", "--nodse")
	_, err = Start(Options{Namespaces: []string{"test,default-ttl=soon"}})
	contains(t, err, "default-ttl", "30d")
	_, err = Start(Options{Nodes: 65})
	contains(t, err, "ended at its start (exit status 1)", "65")
	_, err = Start(Options{Nodes: -1})
	contains(t, err, "cannot be negative")
	_, err = Start(Options{Program: "/nowhere/spikelet"})
	contains(t, err, "Options.Program", "/nowhere/spikelet")

	t.Setenv("SPIKELET", "/nowhere/spikelet")
	_, err = Start(Options{})
	contains(t, err, "the environment variable SPIKELET", "/nowhere/spikelet")
	t.Setenv("SPIKELET", "")
	t.Setenv("PATH", t.TempDir())
	_, err = Start(Options{})
	contains(t, err, "spikelet is not on PATH", "SPIKELET")
}

// script writes a program that stands for another version.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spikelet")
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o700))
	return path
}

func TestProgramsThatAreNotTheRightOne(t *testing.T) {
	_, err := Start(Options{Program: script(t, "echo spikelet 0.0.9")})
	contains(t, err, "version 0.0.9, which is too old", MinimumVersion)
	_, err = Start(Options{Program: script(t, "echo another thing")})
	contains(t, err, "is not the program spikelet", "another thing")
	version := `[ "$1" = --version ] && { echo spikelet 9.0.0; exit; }` + "\n"
	_, err = Start(Options{Program: script(t, version+"echo hello; cat >/dev/null")})
	contains(t, err, "did not print where it listens", "hello")
	_, err = Start(Options{Program: script(t, version+"cat >/dev/null"), StartTimeout: 100 * time.Millisecond})
	contains(t, err, "does not listen after 100ms")
	var forwarded bytes.Buffer
	_, err = Start(Options{Program: script(t, version+"echo the disk is full >&2; exit 3"), Stderr: &forwarded})
	contains(t, err, "exit status 3", "the disk is full")
	if forwarded.String() != "the disk is full\n" {
		t.Fatal(forwarded.String())
	}
}

func TestAServerThatDiedIsReported(t *testing.T) {
	server, err := Start(Options{})
	must(t, err)
	must(t, server.process.Process.Kill())
	<-server.ended
	_, err = server.Info("namespaces")
	contains(t, err, "the server has ended", "killed")
	contains(t, server.Close(), "killed")
}

func TestVersionsAreCompared(t *testing.T) {
	for _, version := range []string{"0.0.9", "0.0", "", "0.1.0"} {
		if older(version, "0.1.0") != (version != "0.1.0") {
			t.Error(version)
		}
	}
	for _, version := range []string{"0.1.1", "0.10.0", "1.0.0", "0.1.0-rc.1"} {
		if older(version, "0.1.0") {
			t.Error(version)
		}
	}
}

// The server ends with the test process, also when that is killed.
func TestItEndsWithTheProcess(t *testing.T) {
	if os.Getenv("SPIKELET_TEST_CHILD") != "" {
		server, err := Start(Options{})
		must(t, err)
		fmt.Println("child", server.Hosts())
		time.Sleep(time.Minute)
	}
	child := exec.Command(os.Args[0], "-test.run", "TestItEndsWithTheProcess")
	child.Env = append(os.Environ(), "SPIKELET_TEST_CHILD=1")
	output, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var word, address string
	_, err = fmt.Fscan(output, &word, &address)
	must(t, err)
	_, err = info(address, "namespaces")
	must(t, err)
	must(t, child.Process.Kill())
	_ = child.Wait()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := info(address, "namespaces"); err != nil {
			break
		}
		if time.Since(start) > 5*time.Second {
			t.Fatal("the server outlives the test process")
		}
	}
}

func TestAProgramThatDoesNotEndIsNotWaitedFor(t *testing.T) {
	program := filepath.Join(t.TempDir(), "hangs")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Start(Options{Program: program})
	if err == nil || !strings.Contains(err.Error(), "does not print its version within") {
		t.Fatal(err)
	}
}
