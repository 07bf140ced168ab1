// Package spikelet starts the program spikelet, an Aerospike-compatible server for tests, and controls it.
//
//	func TestVisits(t *testing.T) {
//		server := spikelet.Test(t)
//		client, err := aerospike.NewClient(server.Host(), server.Port())
//		// ...
//		server.Clock().Advance(301 * time.Second)
//	}
//
// The program is found on PATH, or by the environment variable SPIKELET, or by [Options.Program]. It ends with the test process,
// even if that crashes. All methods can be called concurrently. They return an error that says what went wrong; if the server
// refuses a control, that is a [*ControlError].
package spikelet

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MinimumVersion is the oldest version of the program that this package can control.
const MinimumVersion = "0.1.0"

const (
	// A control is answered at once, except for large fixtures.
	controlTimeout = 30 * time.Second
	stopTimeout    = 5 * time.Second
	testJournal    = 1000
	// How much of the program's last messages is kept for errors, in bytes.
	keptMessages = 16 * 1024
	// More than any reply has.
	maxReply = 256 << 20
)

// Options configure a server. The zero value is a server of one node with the namespaces test and bar.
type Options struct {
	// Program is the path of the program. By default it is the value of the environment variable SPIKELET or, if that is not
	// set, spikelet on PATH.
	Program string
	// Listen is the address of the first node; 127.0.0.1:0 by default, which is a free port. Further nodes use the ports that
	// follow.
	Listen string
	// Namespaces are names with parameters: "orders,default-ttl=30d,nsup-period=120s".
	Namespaces []string
	// Nodes is the number of nodes, 1 to 64; 1 by default.
	Nodes int
	// ReplicationFactor is the number of copies of each record; 1 by default.
	ReplicationFactor int
	// ClusterName is the name of the cluster; spikelet by default.
	ClusterName string
	// Load has the paths of fixtures that are loaded before clients can connect.
	Load []string
	// Journal is how many of the last requests the journal keeps. By default Start keeps none, and Test keeps 1000.
	Journal int
	// Arguments are further arguments of the program.
	Arguments []string
	// Stderr receives the messages of the program. By default only the last of them are kept, for errors.
	Stderr io.Writer
	// StartTimeout is how long the program may take to listen; 10 seconds by default.
	StartTimeout time.Duration
}

// Server is a running server. Close stops it.
type Server struct {
	process  *exec.Cmd
	stdin    io.Closer
	messages *tail
	// Closed when the process has ended and its messages have been read.
	ended chan struct{}

	mutex  sync.Mutex
	closed bool
	// The last known addresses of the nodes that are up. Each of them answers controls for the whole server.
	addresses []string
}

// ControlError is the reply of a server that refuses a control.
type ControlError struct {
	Control string
	// Code is a result code of the real server, such as 4 for a wrong parameter.
	Code int
	Text string
}

func (e *ControlError) Error() string {
	return fmt.Sprintf("spikelet: %s: %s (result code %d)", e.Control, e.Text, e.Code)
}

// T is the part of *testing.T and *testing.B that Test uses.
type T interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, arguments ...any)
	Fatalf(format string, arguments ...any)
}

// Test starts a server for a test, and stops it when the test ends. If the test fails, it logs the last requests that the server
// received. If the server cannot be started, the test fails at once.
func Test(t T, options ...Options) *Server {
	t.Helper()
	var with Options
	switch len(options) {
	case 0:
	case 1:
		with = options[0]
	default:
		t.Fatalf("spikelet: Test takes one Options, not %d", len(options))
	}
	if with.Journal == 0 {
		with.Journal = testJournal
	}
	server, err := Start(with)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			if entries, err := server.Journal().Entries(Filter{}, 10); err == nil {
				t.Logf("spikelet: the last %d requests to %s:\n  %s", len(entries), server.Hosts(), strings.Join(entries, "\n  "))
			} else {
				t.Logf("spikelet: the last requests are unknown: %v", err)
			}
		}
		if err := server.Close(); err != nil {
			t.Logf("%v", err)
		}
	})
	return server
}

// Start starts a server. Clients can connect when it returns.
func Start(options Options) (*Server, error) {
	program, err := find(options.Program)
	if err != nil {
		return nil, err
	}
	arguments, err := options.arguments()
	if err != nil {
		return nil, err
	}
	server := &Server{
		process:  exec.Command(program, arguments...),
		messages: &tail{forward: options.Stderr},
		ended:    make(chan struct{}),
	}
	server.process.Stderr = server.messages
	if server.stdin, err = server.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("spikelet: cannot start %s: %w", program, err)
	}
	stdout, err := server.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("spikelet: cannot start %s: %w", program, err)
	}
	if err := server.process.Start(); err != nil {
		return nil, fmt.Errorf("spikelet: cannot start %s: %w", program, err)
	}
	lines := make(chan string, 1)
	go func() {
		output := bufio.NewReader(stdout)
		if line, err := output.ReadString('\n'); err == nil {
			lines <- line
		} else {
			close(lines)
		}
		_, _ = io.Copy(io.Discard, output)
		_ = server.process.Wait()
		close(server.ended)
	}()
	if err := server.listening(lines, options); err != nil {
		_ = server.Close()
		return nil, err
	}
	return server, nil
}

// listening waits for the line with the address of the first node, and asks that for the others.
func (s *Server) listening(lines <-chan string, options Options) error {
	timeout := options.StartTimeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case line, ok := <-lines:
		address := strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
		if _, _, err := net.SplitHostPort(address); ok && err == nil {
			s.addresses = []string{address}
			break
		}
		if ok {
			return fmt.Errorf("spikelet: %s did not print where it listens, but %q", s.process.Path, strings.TrimSpace(line))
		}
		<-s.ended
		return fmt.Errorf("spikelet: %s ended at its start (%s): %s", s.process.Path, s.process.ProcessState, s.messages.text())
	case <-timer.C:
		return fmt.Errorf("spikelet: %s does not listen after %s; its messages: %s", s.process.Path, timeout, s.messages.text())
	}
	if options.Journal > 0 {
		if err := s.Journal().Start(options.Journal); err != nil {
			return err
		}
	}
	_, err := s.Nodes().List()
	return err
}

// Host returns the host of the first node that is up.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.known()[0])
	return host
}

// Port returns the port of the first node that is up.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.known()[0])
	number, _ := strconv.Atoi(port)
	return number
}

// Hosts returns the addresses of the nodes that are up, with commas between them: "127.0.0.1:40123,127.0.0.1:40124".
func (s *Server) Hosts() string { return strings.Join(s.known(), ",") }

// Close stops the server. A second call does nothing.
func (s *Server) Close() error {
	s.mutex.Lock()
	closed := s.closed
	s.closed = true
	s.mutex.Unlock()
	if closed {
		return nil
	}
	_ = s.stdin.Close()
	select {
	case <-s.ended:
		if state := s.process.ProcessState; state != nil && !state.Success() {
			return fmt.Errorf("spikelet: the server ended with %s: %s", state, s.messages.text())
		}
		return nil
	case <-time.After(stopTimeout):
		_ = s.process.Process.Kill()
		<-s.ended
		return fmt.Errorf("spikelet: the server did not end within %s and was killed: %s", stopTimeout, s.messages.text())
	}
}

// Parameter is a parameter of a control.
type Parameter struct{ Name, Value string }

// Control sends an info command spikelet/name, for controls that have no method here. It returns the text of the reply.
func (s *Server) Control(name string, parameters ...Parameter) (string, error) {
	command := "spikelet/" + name
	for at, parameter := range parameters {
		if strings.ContainsAny(parameter.Value, ";\n\r\t") {
			return "", fmt.Errorf("spikelet: %s: the value of %s contains a semicolon, a tab or a line end, which separate parameters: %q",
				command, parameter.Name, parameter.Value)
		}
		separator := ";"
		if at == 0 {
			separator = ":"
		}
		command += separator + parameter.Name + "=" + parameter.Value
	}
	return s.Info(command)
}

// Info sends an info command, such as "namespaces" or "statistics", and returns the text of the reply.
func (s *Server) Info(command string) (string, error) {
	s.mutex.Lock()
	closed := s.closed
	s.mutex.Unlock()
	if closed {
		return "", errors.New("spikelet: the server is closed")
	}
	if strings.ContainsAny(command, "\n") {
		return "", fmt.Errorf("spikelet: an info command is one line: %q", command)
	}
	var failed error
	for _, address := range s.known() {
		reply, err := info(address, command)
		if err == nil {
			return value(command, reply)
		}
		failed = err
	}
	select {
	case <-s.ended:
		return "", fmt.Errorf("spikelet: the server has ended (%s): %s", s.process.ProcessState, s.messages.text())
	default:
		return "", fmt.Errorf("spikelet: %s: %w", command, failed)
	}
}

func (s *Server) known() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]string(nil), s.addresses...)
}

// done sends a control whose reply has no content.
func (s *Server) done(name string, parameters ...Parameter) error {
	_, err := s.Control(name, parameters...)
	return err
}

// count sends a control whose reply is a number.
func (s *Server) count(name string, parameters ...Parameter) (int, error) {
	reply, err := s.Control(name, parameters...)
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(reply)
	if err != nil {
		return 0, fmt.Errorf("spikelet: %s: expected a number, got %q", name, reply)
	}
	return number, nil
}

// Nsup removes expired records at once, and returns how many there were.
func (s *Server) Nsup() (int, error) { return s.count("nsup") }

// Reset empties the server, as it was when it started.
func (s *Server) Reset() error { return s.done("reset") }

// Clock is the server's clock. Records expire by it.
type Clock struct{ server *Server }

// Clock returns the server's clock.
func (s *Server) Clock() Clock { return Clock{s} }

// Now returns the server's time, and whether the clock is frozen.
func (c Clock) Now() (now time.Time, frozen bool, err error) {
	reply, err := c.server.Control("clock")
	if err != nil {
		return time.Time{}, false, err
	}
	fields := fields(reply, ";")
	ms, err := strconv.ParseInt(fields["ms"], 10, 64)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("spikelet: clock: unexpected reply %q", reply)
	}
	return time.UnixMilli(ms), fields["frozen"] == "true", nil
}

// Advance moves the clock forward, in steps of milliseconds. Records that expire by then are gone when it returns.
func (c Clock) Advance(by time.Duration) error {
	if by < 0 {
		return fmt.Errorf("spikelet: the clock cannot be advanced by %s; Set moves it back", by)
	}
	return c.server.done("clock/advance", Parameter{"ms", strconv.FormatInt(by.Milliseconds(), 10)})
}

// Set moves the clock to a time, forward or back.
func (c Clock) Set(to time.Time) error {
	return c.server.done("clock/set", Parameter{"ms", strconv.FormatInt(to.UnixMilli(), 10)})
}

// Freeze stops the clock.
func (c Clock) Freeze() error { return c.server.done("clock/freeze") }

// Resume lets a frozen clock run again.
func (c Clock) Resume() error { return c.server.done("clock/resume") }

// Reset makes the clock follow the machine's clock again.
func (c Clock) Reset() error { return c.server.done("clock/reset") }

// Filter selects requests, for faults and for the journal. The zero value selects all commands on records, queries and batches.
type Filter struct {
	// Command is a kind of request: any (the default), read, write, delete, batch, query, info, connect, everything and so on.
	Command string
	// Namespace and Set are exact names.
	Namespace, Set string
	// Key is a string key. IntKey is an integer key, and Digest a digest of 40 hexadecimal digits. At most one can be set.
	Key    string
	IntKey *int64
	Digest string
	// Node is the id of a node, such as "B1".
	Node string
	// Result is a result code, such as "2" or "not-found". Only the journal uses it.
	Result string
}

func (f Filter) parameters() []Parameter {
	all := []Parameter{
		{"command", f.Command}, {"namespace", f.Namespace}, {"set", f.Set}, {"key", f.Key}, {"digest", f.Digest},
		{"node", f.Node}, {"result", f.Result},
	}
	if f.IntKey != nil {
		all = append(all, Parameter{"int-key", strconv.FormatInt(*f.IntKey, 10)})
	}
	return given(all)
}

// Fault is what to do with requests. Exactly one of Result, Delay and Reaction must be set.
type Fault struct {
	// On selects the requests.
	On Filter
	// Result is the result code of the reply, such as "18" or "device-overload". The command is not executed.
	Result string
	// Delay is how long the command is delayed, in steps of milliseconds. It is then executed.
	Delay time.Duration
	// Reaction is one of ignore, cut-before, cut-after, silence-after, corrupt, refuse-connections, truncate and stall.
	Reaction string
	// Bytes is how much of the reply is sent by the reactions truncate and stall.
	Bytes int
	// Times is how often the fault fires. 0 is without a limit.
	Times int
	// Nth is the first matching request that it fires on, counted from 1. With Nth and without Times it fires once.
	Nth int
	// Probability, from 0 to 1, is the share of matching requests on which it fires. 0 is all of them.
	Probability float64
	// Seed selects which requests Probability chooses. The same seed chooses the same ones.
	Seed uint64
}

// Faults are the faults of a server.
type Faults struct{ server *Server }

// Faults returns the faults of the server.
func (s *Server) Faults() Faults { return Faults{s} }

// ArmedFault is a fault that was armed.
type ArmedFault struct {
	server *Server
	// ID is its number.
	ID int
}

// Arm arms a fault.
func (f Faults) Arm(fault Fault) (*ArmedFault, error) {
	if fault.On.Result != "" {
		return nil, errors.New("spikelet: a fault cannot be selected by a result; the result that it gives is Fault.Result")
	}
	parameters := append(fault.On.parameters(), given([]Parameter{
		{"result", fault.Result}, {"reaction", fault.Reaction}, {"times", unlessZero(fault.Times)}, {"nth", unlessZero(fault.Nth)},
	})...)
	if fault.Delay != 0 {
		parameters = append(parameters, Parameter{"delay-ms", strconv.FormatInt(fault.Delay.Milliseconds(), 10)})
	}
	if fault.Reaction == "truncate" || fault.Reaction == "stall" {
		parameters = append(parameters, Parameter{"bytes", strconv.Itoa(fault.Bytes)})
	}
	if fault.Probability != 0 {
		parameters = append(parameters, Parameter{"probability", strconv.FormatFloat(fault.Probability, 'g', -1, 64)})
	}
	if fault.Seed != 0 {
		parameters = append(parameters, Parameter{"seed", strconv.FormatUint(fault.Seed, 10)})
	}
	reply, err := f.server.Control("fault/add", parameters...)
	if err != nil {
		return nil, err
	}
	id, err := strconv.Atoi(fields(reply, ";")["id"])
	if err != nil {
		return nil, fmt.Errorf("spikelet: fault/add: unexpected reply %q", reply)
	}
	return &ArmedFault{f.server, id}, nil
}

// Clear removes all faults.
func (f Faults) Clear() error { return f.server.done("fault/clear") }

// Remove removes the fault.
func (f *ArmedFault) Remove() error {
	return f.server.done("fault/remove", Parameter{"id", strconv.Itoa(f.ID)})
}

// Fired returns on how many requests the fault fired.
func (f *ArmedFault) Fired() (int, error) { return f.number("fired") }

// Matched returns how many requests the fault matched.
func (f *ArmedFault) Matched() (int, error) { return f.number("matched") }

func (f *ArmedFault) number(name string) (int, error) {
	reply, err := f.server.Control("fault/list")
	if err != nil {
		return 0, err
	}
	for _, item := range items(reply) {
		// Counts are last, so that names of sets cannot be taken for them.
		_, after, _ := cutLast(item, ":matched=")
		if strings.HasPrefix(item, fmt.Sprintf("id=%d:", f.ID)) {
			return strconv.Atoi(fields("matched="+after, ":")[name])
		}
	}
	return 0, fmt.Errorf("spikelet: the fault %d was removed", f.ID)
}

// Node is a node of the cluster.
type Node struct {
	// ID is its id, such as "B1".
	ID string
	// Address is its address and port.
	Address string
	// State is up, down or quiesced.
	State string
	// Rack is its rack, 0 by default.
	Rack int
}

// Nodes are the nodes of the cluster, and the network between them.
type Nodes struct{ server *Server }

// Nodes returns the nodes of the cluster.
func (s *Server) Nodes() Nodes { return Nodes{s} }

// List returns all nodes, including those that are down.
func (n Nodes) List() ([]Node, error) {
	reply, err := n.server.Control("node")
	if err != nil {
		return nil, err
	}
	var nodes []Node
	var up []string
	for _, item := range items(reply) {
		fields := fields(item, ",")
		rack, err := strconv.Atoi(fields["rack"])
		if err != nil || fields["id"] == "" {
			return nil, fmt.Errorf("spikelet: node: unexpected reply %q", reply)
		}
		node := Node{fields["id"], fields["address"], fields["state"], rack}
		nodes = append(nodes, node)
		if node.State != "down" {
			up = append(up, node.Address)
		}
	}
	if len(up) > 0 {
		n.server.mutex.Lock()
		n.server.addresses = up
		n.server.mutex.Unlock()
	}
	return nodes, nil
}

// Add adds a node on a free port, and returns its id.
func (n Nodes) Add() (string, error) {
	id, err := n.server.Control("node/add")
	if err == nil {
		_, err = n.List()
	}
	return id, err
}

// Kill kills a node: closes its socket and its connections, and removes it from the cluster. The last node cannot be killed by a
// control, because no node would be left to restart it.
func (n Nodes) Kill(id string) error {
	nodes, err := n.List()
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if node.ID == id && node.State != "down" && n.server.Hosts() == node.Address {
			return fmt.Errorf("spikelet: %s is the last node that is up; Close stops the server", id)
		}
	}
	return n.change("node/kill", id)
}

// Restart restarts a killed node, empty and at the same address.
func (n Nodes) Restart(id string) error { return n.change("node/restart", id) }

// Quiesce quiesces a node: it hands over its partitions but still serves.
func (n Nodes) Quiesce(id string) error { return n.change("node/quiesce", id) }

// QuiesceUndo reverts Quiesce.
func (n Nodes) QuiesceUndo(id string) error { return n.change("node/quiesce-undo", id) }

// Partition cuts the network between two groups of nodes.
func (n Nodes) Partition(a, b []string) error {
	return n.server.done("node/partition", Parameter{"a", strings.Join(a, ",")}, Parameter{"b", strings.Join(b, ",")})
}

// Heal removes all cuts of the network.
func (n Nodes) Heal() error { return n.server.done("node/heal") }

func (n Nodes) change(name, id string) error {
	// Sent before the answer is lost: a killed node closes its connections.
	if err := n.server.elsewhere(id).done(name, Parameter{"id", id}); err != nil {
		return err
	}
	_, err := n.List()
	return err
}

// elsewhere returns the server, with another node than this one first among those that answer controls.
func (s *Server) elsewhere(id string) *Server {
	nodes, err := s.Nodes().List()
	if err != nil {
		return s
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, node := range nodes {
		if node.ID == id && len(s.addresses) > 1 && s.addresses[0] == node.Address {
			s.addresses = append(s.addresses[1:], node.Address)
		}
	}
	return s
}

// Journal is the journal of the requests that a server received.
type Journal struct{ server *Server }

// Journal returns the journal of the server.
func (s *Server) Journal() Journal { return Journal{s} }

// Start starts the journal, which keeps this many of the last requests.
func (j Journal) Start(capacity int) error {
	return j.server.done("journal/start", Parameter{"capacity", strconv.Itoa(capacity)})
}

// Stop stops the journal. Its entries are kept.
func (j Journal) Stop() error { return j.server.done("journal/stop") }

// Clear removes all entries.
func (j Journal) Clear() error { return j.server.done("journal/clear") }

// Count returns the number of matching requests.
func (j Journal) Count(filter Filter) (int, error) {
	return j.server.count("journal/count", filter.parameters()...)
}

// Entries returns the last matching requests with their outcomes, at most `last`, oldest first.
func (j Journal) Entries(filter Filter, last int) ([]string, error) {
	reply, err := j.server.Control("journal", append(filter.parameters(), Parameter{"last", strconv.Itoa(last)})...)
	if err != nil {
		return nil, err
	}
	entries := items(reply)
	for at, entry := range entries {
		if entries[at], err = url.PathUnescape(entry); err != nil {
			return nil, fmt.Errorf("spikelet: journal: unexpected reply %q: %w", entry, err)
		}
	}
	return entries, nil
}

// Snapshots are copies of the contents of a server, which the server keeps under names.
type Snapshots struct{ server *Server }

// Snapshots returns the snapshots of the server.
func (s *Server) Snapshots() Snapshots { return Snapshots{s} }

// Save takes a snapshot. It replaces one with the same name.
func (s Snapshots) Save(name string) error {
	return s.server.done("snapshot/save", Parameter{"name", name})
}

// Restore replaces the contents of the server with those of a snapshot.
func (s Snapshots) Restore(name string) error {
	return s.server.done("snapshot/restore", Parameter{"name", name})
}

// Drop removes a snapshot.
func (s Snapshots) Drop(name string) error {
	return s.server.done("snapshot/drop", Parameter{"name", name})
}

// Fixtures load and save the contents of a server.
type Fixtures struct{ server *Server }

// Fixtures returns what loads and saves the contents of the server.
func (s *Server) Fixtures() Fixtures { return Fixtures{s} }

// Loaded is how much a fixture contained.
type Loaded struct{ Records, Expired, Indexes, Modules int }

// LoadFile loads a JSON file, or a file or directory written by asbackup.
func (f Fixtures) LoadFile(path string) (Loaded, error) { return f.load(Parameter{"path", path}) }

// Load loads the contents of such a file.
func (f Fixtures) Load(content []byte) (Loaded, error) {
	return f.load(Parameter{"content", base64.StdEncoding.EncodeToString(content)})
}

func (f Fixtures) load(parameter Parameter) (Loaded, error) {
	reply, err := f.server.Control("fixture/load", parameter)
	if err != nil {
		return Loaded{}, err
	}
	var counts [4]int
	for at, name := range []string{"records", "expired", "indexes", "modules"} {
		if counts[at], err = strconv.Atoi(fields(reply, ";")[name]); err != nil {
			return Loaded{}, fmt.Errorf("spikelet: fixture/load: unexpected reply %q", reply)
		}
	}
	return Loaded{counts[0], counts[1], counts[2], counts[3]}, nil
}

// Save saves all namespaces as a JSON file.
func (f Fixtures) Save(path string) error {
	return f.server.done("fixture/save", Parameter{"path", path})
}

// Backup saves a namespace as a backup file for asrestore.
func (f Fixtures) Backup(namespace, path string) error {
	return f.server.done("fixture/backup", Parameter{"namespace", namespace}, Parameter{"path", path})
}

// arguments returns the arguments of the program.
func (o Options) arguments() ([]string, error) {
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	if o.Nodes < 0 || o.ReplicationFactor < 0 || o.Journal < 0 || o.StartTimeout < 0 {
		return nil, errors.New("spikelet: Nodes, ReplicationFactor, Journal and StartTimeout cannot be negative")
	}
	arguments := []string{"--listen", listen, "--controls", "--exit-with-stdin"}
	for _, option := range given([]Parameter{
		{"--nodes", unlessZero(o.Nodes)}, {"--replication-factor", unlessZero(o.ReplicationFactor)}, {"--cluster-name", o.ClusterName},
	}) {
		arguments = append(arguments, option.Name, option.Value)
	}
	for _, namespace := range o.Namespaces {
		arguments = append(arguments, "--namespace", namespace)
	}
	for _, path := range o.Load {
		arguments = append(arguments, "--load", path)
	}
	return append(arguments, o.Arguments...), nil
}

// The versions of the programs that were asked, by path. Asking takes a few milliseconds.
var versions sync.Map

// find returns the path of the program, whose version is known to be recent enough.
func find(program string) (string, error) {
	from := "Options.Program"
	if program == "" {
		program, from = os.Getenv("SPIKELET"), "the environment variable SPIKELET"
	}
	if program == "" {
		program, from = "spikelet", ""
	}
	path, err := exec.LookPath(program)
	switch {
	case err != nil && from == "":
		return "", errors.New("spikelet: the program spikelet is not on PATH: install it, or set the environment variable SPIKELET to its path")
	case err != nil:
		return "", fmt.Errorf("spikelet: %s names a program that cannot be run: %w", from, err)
	}
	if _, checked := versions.Load(path); checked {
		return path, nil
	}
	output, err := versionOf(path)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", fmt.Errorf("spikelet: %s is not the program spikelet: it does not print its version within %s", path, stopTimeout)
	}
	name, version, _ := strings.Cut(strings.TrimSpace(string(output)), " ")
	if err != nil || name != "spikelet" {
		return "", fmt.Errorf("spikelet: %s is not the program spikelet: its option --version prints %q", path, strings.TrimSpace(string(output)))
	}
	if older(version, MinimumVersion) {
		return "", fmt.Errorf("spikelet: %s has version %s, which is too old: this package needs %s or later", path, version, MinimumVersion)
	}
	versions.Store(path, version)
	return path, nil
}

// versionOf runs a program with --version. It does not wait for one that does not end.
func versionOf(path string) ([]byte, error) {
	type printed struct {
		output []byte
		err    error
	}
	done := make(chan printed, 1)
	process := exec.Command(path, "--version")
	var output bytes.Buffer
	process.Stdout, process.Stderr = &output, &output
	if err := process.Start(); err != nil {
		return nil, err
	}
	go func() {
		err := process.Wait()
		done <- printed{output.Bytes(), err}
	}()
	select {
	case printed := <-done:
		return printed.output, printed.err
	case <-time.After(stopTimeout):
		_ = process.Process.Kill()
		return nil, os.ErrDeadlineExceeded
	}
}

// older compares versions such as 0.1.0; pre-releases count as their release.
func older(version, minimum string) bool {
	a, b := strings.Split(version, "."), strings.Split(minimum, ".")
	for at := range b {
		var left, right int
		if at < len(a) {
			number, _, _ := strings.Cut(a[at], "-")
			left, _ = strconv.Atoi(number)
		}
		right, _ = strconv.Atoi(b[at])
		if left != right {
			return left < right
		}
	}
	return false
}

// info sends an info command to an address, and returns the reply. A frame has a header of eight bytes: the version 2, the type 1
// and the length of the body.
func info(address, command string) (string, error) {
	connection, err := net.DialTimeout("tcp", address, controlTimeout)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(controlTimeout)); err != nil {
		return "", err
	}
	body := command + "\n"
	header := make([]byte, 8)
	binary.BigEndian.PutUint64(header, 2<<56|1<<48|uint64(len(body)))
	if _, err := connection.Write(append(header, body...)); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(connection, header); err != nil {
		return "", err
	}
	head := binary.BigEndian.Uint64(header)
	length := head & (1<<48 - 1)
	if head>>48 != 2<<8|1 || length > maxReply {
		return "", fmt.Errorf("%s replied with something that is not an info reply (header %x)", address, header)
	}
	reply := make([]byte, length)
	if _, err := io.ReadFull(connection, reply); err != nil {
		return "", err
	}
	return string(reply), nil
}

// value returns the text of a reply, or the error that it is: ERROR:code:text.
func value(command, reply string) (string, error) {
	_, text, _ := strings.Cut(strings.TrimRight(reply, "\n"), "\t")
	if !strings.HasPrefix(text, "ERROR:") {
		return text, nil
	}
	code, message, _ := strings.Cut(strings.TrimPrefix(text, "ERROR:"), ":")
	number, err := strconv.Atoi(code)
	if err != nil {
		message = text
	}
	name, _, _ := strings.Cut(command, ":")
	return "", &ControlError{name, number, message}
}

// tail keeps the last bytes written to it, and may pass all on.
type tail struct {
	mutex   sync.Mutex
	kept    []byte
	forward io.Writer
}

func (t *tail) Write(bytes []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.forward != nil {
		// The program must not be stopped by a writer that fails.
		_, _ = t.forward.Write(bytes)
	}
	t.kept = append(t.kept, bytes...)
	if excess := len(t.kept) - keptMessages; excess > 0 {
		t.kept = append([]byte(nil), t.kept[excess:]...)
	}
	return len(bytes), nil
}

func (t *tail) text() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if text := strings.TrimSpace(string(t.kept)); text != "" {
		return text
	}
	return "it printed no message"
}

func items(reply string) []string {
	if reply == "" {
		return nil
	}
	return strings.Split(reply, ";")
}

// fields reads name=value pairs.
func fields(text, separator string) map[string]string {
	fields := make(map[string]string)
	for _, field := range strings.Split(text, separator) {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
	}
	return fields
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+len(separator):], true
	}
	return text, "", false
}

// given returns the parameters that have a value.
func given(parameters []Parameter) []Parameter {
	var with []Parameter
	for _, parameter := range parameters {
		if parameter.Value != "" {
			with = append(with, parameter)
		}
	}
	return with
}

func unlessZero(number int) string {
	if number == 0 {
		return ""
	}
	return strconv.Itoa(number)
}
