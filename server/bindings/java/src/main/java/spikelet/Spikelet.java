package spikelet;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts the program {@code spikelet}, an Aerospike-compatible server for tests, and controls it.
 *
 * <pre>{@code
 * try (var server = Spikelet.start()) {
 *     var client = new AerospikeClient(server.host(), server.port());
 *     // ...
 *     server.clock().advance(Duration.ofSeconds(301));
 * }
 * }</pre>
 *
 * <p>The program is found on {@code PATH}, or by the environment variable {@code SPIKELET}, or by {@link Builder#program}. It ends
 * with the test process, even if that crashes. All methods can be called by several threads.
 *
 * <p>Errors are unchecked: {@link StartException} if the server cannot be started, {@link ControlException} if it refuses a
 * control, and {@link SpikeletException}, the class of both, if it does not reply.
 */
public final class Spikelet implements AutoCloseable {
    /** The oldest version of the program that this class can control. */
    public static final String MINIMUM_VERSION = "0.1.0";

    // A control is answered at once, except for large fixtures.
    private static final int CONTROL_TIMEOUT_MS = 30_000;
    private static final int STOP_TIMEOUT_MS = 5_000;
    // How much of the program's last messages is kept for errors, in characters.
    private static final int KEPT_MESSAGES = 16 * 1024;
    // More than any reply has, in bytes.
    private static final long MAX_REPLY = 256L << 20;
    // The programs whose version was checked. Asking takes a few milliseconds.
    private static final Map<String, String> VERSIONS = new ConcurrentHashMap<>();

    private final Process process;
    private final String program;
    private final StringBuilder messages = new StringBuilder();
    private final Thread messageReader;
    private volatile boolean closed;
    // The last known addresses of the nodes that are up. Each of them answers controls for the whole server.
    private volatile List<String> addresses = List.of();

    /** Starts a server of one node with the namespaces test and bar, on a free port. */
    public static Spikelet start() {
        return builder().start();
    }

    /** Returns a builder, for a server with options. */
    public static Builder builder() {
        return new Builder();
    }

    /** The options of a server. */
    public static final class Builder {
        private final List<String> arguments = new ArrayList<>();
        private String listen = "127.0.0.1:0";
        private String program;
        private int journal;
        private Duration startTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /**
         * Sets the path of the program. The default is the value of the environment variable {@code SPIKELET} or, if that is not
         * set, {@code spikelet} on {@code PATH}.
         */
        public Builder program(String path) {
            program = path;
            return this;
        }

        /** Sets the address of the first node, {@code 127.0.0.1:0} by default. Further nodes use the ports that follow. */
        public Builder listen(String address) {
            listen = address;
            return this;
        }

        /** Adds a namespace with its parameters: {@code orders,default-ttl=30d,nsup-period=120s}. */
        public Builder namespace(String namespace) {
            return argument("--namespace", namespace);
        }

        /** Sets the number of nodes, 1 to 64; 1 by default. */
        public Builder nodes(int nodes) {
            return argument("--nodes", Integer.toString(nodes));
        }

        /** Sets the number of copies of each record; 1 by default. */
        public Builder replicationFactor(int factor) {
            return argument("--replication-factor", Integer.toString(factor));
        }

        /** Sets the name of the cluster; {@code spikelet} by default. */
        public Builder clusterName(String name) {
            return argument("--cluster-name", name);
        }

        /** Loads a fixture before clients can connect. Several are loaded in their order. */
        public Builder load(Path path) {
            return argument("--load", path.toString());
        }

        /** Starts the journal, which keeps this many of the last requests. */
        public Builder journal(int capacity) {
            journal = capacity;
            return this;
        }

        /** Adds further arguments of the program. */
        public Builder argument(String... more) {
            arguments.addAll(Arrays.asList(more));
            return this;
        }

        /** Sets how long the program may take to listen; 10 seconds by default. */
        public Builder startTimeout(Duration timeout) {
            startTimeout = timeout;
            return this;
        }

        /**
         * Starts the server. Clients can connect when this returns.
         *
         * @throws StartException if the program is not found, is too old, or ends at its start; its messages are quoted
         */
        public Spikelet start() {
            var command = new ArrayList<>(List.of(find(program), "--listen", listen, "--controls", "--exit-with-stdin"));
            command.addAll(arguments);
            Process process;
            try {
                process = new ProcessBuilder(command).start();
            } catch (IOException error) {
                throw new StartException("cannot start " + command.get(0) + ": " + error.getMessage(), error);
            }
            var server = new Spikelet(process, command.get(0));
            try {
                server.listening(startTimeout);
                if (journal != 0) {
                    server.journal().start(journal);
                }
                server.nodes().list();
            } catch (RuntimeException error) {
                server.kill();
                throw error;
            }
            return server;
        }
    }

    private Spikelet(Process process, String program) {
        this.process = process;
        this.program = program;
        messageReader = thread("spikelet-messages", () -> readMessages(process.getErrorStream()));
    }

    /** Returns the host of the first node that is up. */
    public String host() {
        var address = addresses.get(0);
        var host = address.substring(0, address.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Returns the port of the first node that is up. */
    public int port() {
        return port(addresses.get(0));
    }

    /** Returns the addresses of the nodes that are up, with commas between them: {@code 127.0.0.1:40123,127.0.0.1:40124}. */
    public String hosts() {
        return String.join(",", addresses);
    }

    /** Stops the server. A second call does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            process.getOutputStream().close();
            if (process.waitFor(STOP_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                if (process.exitValue() != 0) {
                    throw new SpikeletException("the server ended with exit status " + process.exitValue() + ": " + messages(), null);
                }
                return;
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        } catch (IOException error) {
            // The program has ended already.
            kill();
            throw new SpikeletException("the server had ended: " + messages(), error);
        }
        kill();
        throw new SpikeletException("the server did not end within 5 seconds and was killed: " + messages(), null);
    }

    /**
     * Sends an info command {@code spikelet/name}, for controls that have no method here.
     *
     * @param parameters names and values, alternating; those whose value is null are left out
     * @return the text of the reply
     */
    public String control(String name, String... parameters) {
        var command = new StringBuilder("spikelet/").append(name);
        var separator = ':';
        for (int at = 0; at + 1 < parameters.length; at += 2) {
            var value = parameters[at + 1];
            if (value == null) {
                continue;
            }
            if (value.chars().anyMatch(letter -> ";\n\r\t".indexOf(letter) >= 0)) {
                throw new IllegalArgumentException("spikelet: " + name + ": the value of " + parameters[at]
                    + " contains a semicolon, a tab or a line end, which separate parameters: " + value);
            }
            command.append(separator).append(parameters[at]).append('=').append(value);
            separator = ';';
        }
        return info(command.toString());
    }

    /** Sends an info command, such as {@code namespaces} or {@code statistics}, and returns the text of the reply. */
    public String info(String command) {
        if (closed) {
            throw new SpikeletException("the server is closed", null);
        }
        if (command.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("spikelet: an info command is one line: " + command);
        }
        IOException failed = null;
        for (var address : addresses) {
            try {
                return value(command, exchange(address, command));
            } catch (IOException error) {
                failed = error;
            }
        }
        if (!process.isAlive()) {
            throw new SpikeletException("the server has ended with exit status " + process.exitValue() + ": " + messages(), failed);
        }
        throw new SpikeletException(command + ": " + (failed == null ? "no node is up" : failed.getMessage()), failed);
    }

    /** Removes expired records at once, and returns how many there were. */
    public int nsup() {
        return number("nsup", control("nsup"));
    }

    /** Empties the server, as it was when it started. */
    public void reset() {
        control("reset");
    }

    /** Returns the server's clock. Records expire by it. */
    public Clock clock() {
        return new Clock();
    }

    /** Returns the faults of the server. */
    public Faults faults() {
        return new Faults();
    }

    /** Returns the nodes of the cluster, and the network between them. */
    public Nodes nodes() {
        return new Nodes();
    }

    /** Returns the journal of the requests that the server received. */
    public Journal journal() {
        return new Journal();
    }

    /** Returns the snapshots of the server. */
    public Snapshots snapshots() {
        return new Snapshots();
    }

    /** Returns what loads and saves the contents of the server. */
    public Fixtures fixtures() {
        return new Fixtures();
    }

    /** The server's clock. */
    public final class Clock {
        private Clock() {}

        /** Returns the server's time. */
        public Instant now() {
            return Instant.ofEpochMilli(Long.parseLong(fields(control("clock"), ";").get("ms")));
        }

        /** Returns whether the clock is frozen. */
        public boolean isFrozen() {
            return "true".equals(fields(control("clock"), ";").get("frozen"));
        }

        /** Moves the clock forward, in steps of milliseconds. Records that expire by then are gone when this returns. */
        public void advance(Duration by) {
            if (by.isNegative()) {
                throw new IllegalArgumentException("spikelet: the clock cannot be advanced by " + by + "; set moves it back");
            }
            control("clock/advance", "ms", Long.toString(by.toMillis()));
        }

        /** Moves the clock to a time, forward or back. */
        public void set(Instant to) {
            control("clock/set", "ms", Long.toString(to.toEpochMilli()));
        }

        /** Stops the clock. */
        public void freeze() {
            control("clock/freeze");
        }

        /** Lets a frozen clock run again. */
        public void resume() {
            control("clock/resume");
        }

        /** Makes the clock follow the machine's clock again. */
        public void reset() {
            control("clock/reset");
        }
    }

    /** Selects requests, for faults and for the journal. Each method returns a narrower filter. */
    public static final class Filter {
        /** All commands on records, batches and queries. */
        public static final Filter ANY = new Filter(Map.of());

        private final Map<String, String> parameters;

        private Filter(Map<String, String> parameters) {
            this.parameters = parameters;
        }

        /** Selects a kind of request: read, write, delete, batch, query, info, connect, everything and so on. */
        public static Filter command(String command) {
            return ANY.with("command", command);
        }

        /** Selects a namespace. */
        public Filter namespace(String name) {
            return with("namespace", name);
        }

        /** Selects a set. */
        public Filter set(String name) {
            return with("set", name);
        }

        /** Selects the record with this string key. */
        public Filter key(String key) {
            return with("key", key);
        }

        /** Selects the record with this integer key. */
        public Filter key(long key) {
            return with("int-key", Long.toString(key));
        }

        /** Selects the record with this digest, in 40 hexadecimal digits. */
        public Filter digest(String digest) {
            return with("digest", digest);
        }

        /** Selects a node by its id, such as {@code B1}. */
        public Filter node(String id) {
            return with("node", id);
        }

        /** Selects requests that ended with a result code, such as {@code 2} or {@code not-found}. Only for the journal. */
        public Filter result(String code) {
            return with("result", code);
        }

        private Filter with(String name, String value) {
            var more = new LinkedHashMap<>(parameters);
            more.put(name, value);
            return new Filter(more);
        }

        private String[] and(String... more) {
            var all = new ArrayList<String>();
            parameters.forEach((name, value) -> all.addAll(List.of(name, value)));
            all.addAll(Arrays.asList(more));
            return all.toArray(new String[0]);
        }
    }

    /** The faults of a server. */
    public final class Faults {
        private Faults() {}

        /** Builds a fault for these requests. A method such as {@link FaultBuilder#result} arms it. */
        public FaultBuilder on(Filter requests) {
            return new FaultBuilder(requests);
        }

        /** Removes all faults. */
        public void clear() {
            control("fault/clear");
        }
    }

    /** A fault before it is armed. */
    public final class FaultBuilder {
        private Filter parameters;

        private FaultBuilder(Filter requests) {
            parameters = requests;
        }

        /** Limits how often the fault fires. */
        public FaultBuilder times(int times) {
            return with("times", Integer.toString(times));
        }

        /** Sets the first matching request on which it fires, counted from 1. Without {@link #times} it fires once. */
        public FaultBuilder nth(int nth) {
            return with("nth", Integer.toString(nth));
        }

        /** Sets the share of matching requests on which it fires, from 0 to 1. The same seed chooses the same requests. */
        public FaultBuilder probability(long seed, double probability) {
            with("seed", Long.toUnsignedString(seed));
            return with("probability", Double.toString(probability));
        }

        /** Replies with a result code, such as {@code 18} or {@code device-overload}, without executing the command. */
        public Fault result(String code) {
            return arm("result", code);
        }

        /** Delays the command, in steps of milliseconds, and then executes it. */
        public Fault delay(Duration delay) {
            return arm("delay-ms", Long.toString(delay.toMillis()));
        }

        /** Reacts in another way: ignore, cut-before, cut-after, silence-after, corrupt or refuse-connections. */
        public Fault reaction(String name) {
            return arm("reaction", name);
        }

        /** Executes the command, sends this many bytes of the reply and closes the connection. */
        public Fault truncate(int bytes) {
            return arm("reaction", "truncate", "bytes", Integer.toString(bytes));
        }

        /** Executes the command and sends this many bytes of the reply. The connection stays open. */
        public Fault stall(int bytes) {
            return arm("reaction", "stall", "bytes", Integer.toString(bytes));
        }

        private FaultBuilder with(String name, String value) {
            parameters = parameters.with(name, value);
            return this;
        }

        private Fault arm(String... reaction) {
            var reply = control("fault/add", parameters.and(reaction));
            return new Fault(number("fault/add", fields(reply, ";").get("id")));
        }
    }

    /** A fault that was armed. */
    public final class Fault {
        private final int id;

        private Fault(int id) {
            this.id = id;
        }

        /** Returns on how many requests the fault fired. */
        public int fired() {
            return count("fired");
        }

        /** Returns how many requests the fault matched. */
        public int matched() {
            return count("matched");
        }

        /** Removes the fault. */
        public void remove() {
            control("fault/remove", "id", Integer.toString(id));
        }

        private int count(String name) {
            for (var item : items(control("fault/list"))) {
                if (item.startsWith("id=" + id + ":")) {
                    // Counts are last, so that names of sets cannot be taken for them.
                    var counts = item.substring(item.lastIndexOf(":matched=") + 1);
                    return number("fault/list", fields(counts, ":").get(name));
                }
            }
            throw new SpikeletException("the fault " + id + " was removed", null);
        }
    }

    /** A node of the cluster. */
    public static final class Node {
        /** The id, such as {@code B1}. */
        public final String id;
        /** The address and port. */
        public final String address;
        /** {@code up}, {@code down} or {@code quiesced}. */
        public final String state;
        /** The rack, 0 by default. */
        public final int rack;

        private Node(Map<String, String> fields) {
            id = fields.get("id");
            address = fields.get("address");
            state = fields.get("state");
            rack = number("node", fields.get("rack"));
        }

        /** Returns whether the node is part of the cluster. */
        public boolean isUp() {
            return !state.equals("down");
        }

        @Override
        public String toString() {
            return id + " at " + address + ", " + state;
        }
    }

    /** The nodes of the cluster, and the network between them. */
    public final class Nodes {
        private Nodes() {}

        /** Returns all nodes, including those that are down. */
        public List<Node> list() {
            var nodes = new ArrayList<Node>();
            var up = new ArrayList<String>();
            for (var item : items(control("node"))) {
                var node = new Node(fields(item, ","));
                nodes.add(node);
                if (node.isUp()) {
                    up.add(node.address);
                }
            }
            if (!up.isEmpty()) {
                addresses = List.copyOf(up);
            }
            return nodes;
        }

        /** Adds a node on a free port, and returns its id. */
        public String add() {
            var id = control("node/add");
            list();
            return id;
        }

        /**
         * Kills a node: closes its socket and its connections, and removes it from the cluster. The last node cannot be killed by
         * a control, because no node would be left to restart it.
         */
        public void kill(String id) {
            var others = new ArrayList<String>();
            var known = false;
            for (var node : list()) {
                known |= node.id.equals(id) && node.isUp();
                if (node.isUp() && !node.id.equals(id)) {
                    others.add(node.address);
                }
            }
            if (known && others.isEmpty()) {
                throw new IllegalArgumentException("spikelet: " + id + " is the last node that is up; close stops the server");
            }
            // Another node replies, because the killed one closes its connections.
            addresses = List.copyOf(others);
            control("node/kill", "id", id);
            list();
        }

        /** Restarts a killed node, empty and at the same address. */
        public void restart(String id) {
            control("node/restart", "id", id);
            list();
        }

        /** Quiesces a node: it hands over its partitions but still serves. */
        public void quiesce(String id) {
            control("node/quiesce", "id", id);
        }

        /** Reverts {@link #quiesce}. */
        public void quiesceUndo(String id) {
            control("node/quiesce-undo", "id", id);
        }

        /** Cuts the network between two groups of nodes. */
        public void partition(List<String> a, List<String> b) {
            control("node/partition", "a", String.join(",", a), "b", String.join(",", b));
        }

        /** Removes all cuts of the network. */
        public void heal() {
            control("node/heal");
        }
    }

    /** The journal of the requests that a server received. */
    public final class Journal {
        private Journal() {}

        /** Starts the journal, which keeps this many of the last requests. */
        public void start(int capacity) {
            control("journal/start", "capacity", Integer.toString(capacity));
        }

        /** Stops the journal. Its entries are kept. */
        public void stop() {
            control("journal/stop");
        }

        /** Removes all entries. */
        public void clear() {
            control("journal/clear");
        }

        /** Returns the number of matching requests. */
        public int count(Filter filter) {
            return number("journal/count", control("journal/count", filter.and()));
        }

        /** Returns the last matching requests with their outcomes, at most {@code last}, oldest first. */
        public List<String> entries(Filter filter, int last) {
            var entries = items(control("journal", filter.and("last", Integer.toString(last))));
            var plain = new ArrayList<String>();
            for (var entry : entries) {
                plain.add(entry.replace("%3B", ";").replace("%0A", "\n").replace("%0D", "\r").replace("%09", "\t").replace("%25", "%"));
            }
            return plain;
        }
    }

    /** Copies of the contents of a server, which it keeps under names. */
    public final class Snapshots {
        private Snapshots() {}

        /** Takes a snapshot. It replaces one with the same name. */
        public void save(String name) {
            control("snapshot/save", "name", name);
        }

        /** Replaces the contents of the server with those of a snapshot. */
        public void restore(String name) {
            control("snapshot/restore", "name", name);
        }

        /** Removes a snapshot. */
        public void drop(String name) {
            control("snapshot/drop", "name", name);
        }
    }

    /** How much a fixture contained. */
    public static final class Loaded {
        /** The number of records. */
        public final int records;
        /** The number of records that had expired, which were not loaded. */
        public final int expired;
        /** The number of secondary indexes. */
        public final int indexes;
        /** The number of UDF modules. */
        public final int modules;

        private Loaded(Map<String, String> fields) {
            records = number("fixture/load", fields.get("records"));
            expired = number("fixture/load", fields.get("expired"));
            indexes = number("fixture/load", fields.get("indexes"));
            modules = number("fixture/load", fields.get("modules"));
        }
    }

    /** What loads and saves the contents of a server. */
    public final class Fixtures {
        private Fixtures() {}

        /** Loads a JSON file, or a file or directory written by {@code asbackup}. */
        public Loaded load(Path path) {
            return new Loaded(fields(control("fixture/load", "path", path.toString()), ";"));
        }

        /** Loads the contents of such a file. */
        public Loaded load(String content) {
            var base64 = Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8));
            return new Loaded(fields(control("fixture/load", "content", base64), ";"));
        }

        /** Saves all namespaces as a JSON file. */
        public void save(Path path) {
            control("fixture/save", "path", path.toString());
        }

        /** Saves a namespace as a backup file for {@code asrestore}. */
        public void backup(String namespace, Path path) {
            control("fixture/backup", "namespace", namespace, "path", path.toString());
        }
    }

    /** The server did not reply as it should. */
    public static class SpikeletException extends RuntimeException {
        private static final long serialVersionUID = 1;

        SpikeletException(String message, Throwable cause) {
            super("spikelet: " + message, cause);
        }
    }

    /** The server could not be started. */
    public static final class StartException extends SpikeletException {
        private static final long serialVersionUID = 1;

        StartException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The server refused a control or an info command. */
    public static final class ControlException extends SpikeletException {
        private static final long serialVersionUID = 1;
        private final int code;

        ControlException(String command, int code, String text) {
            super(command + ": " + text + " (result code " + code + ")", null);
            this.code = code;
        }

        /** Returns a result code of the real server, such as 4 for a wrong parameter. */
        public int code() {
            return code;
        }
    }

    /** Waits for the line with the address of the first node. */
    private void listening(Duration timeout) {
        var line = new CompletableFuture<String>();
        thread("spikelet-output", () -> readOutput(process.getInputStream(), line));
        String text;
        try {
            text = line.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException error) {
            throw new StartException(program + " does not listen after " + timeout.toMillis() + " ms; its messages: " + messages(), error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while " + program + " started", error);
        } catch (ExecutionException error) {
            throw new StartException(program + " ended at its start (" + ended() + "): " + messages(), null);
        }
        var address = text.startsWith("listening on ") ? text.substring("listening on ".length()) : "";
        if (address.lastIndexOf(':') < 0 || port(address) < 0) {
            throw new StartException(program + " did not print where it listens, but: " + text, null);
        }
        addresses = List.of(address);
    }

    private String ended() {
        try {
            return "exit status " + process.waitFor();
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            return "exit status unknown";
        }
    }

    private void kill() {
        closed = true;
        process.destroyForcibly();
    }

    private static Thread thread(String name, Runnable body) {
        var thread = new Thread(body, name);
        // The machine may exit while the server runs. That closes the pipe, which ends the program.
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void readOutput(InputStream output, CompletableFuture<String> first) {
        try (var bytes = output) {
            var line = new ByteArrayOutputStream();
            for (int letter = bytes.read(); letter >= 0; letter = bytes.read()) {
                if (letter == '\n') {
                    first.complete(line.toString(StandardCharsets.UTF_8).trim());
                } else if (!first.isDone()) {
                    line.write(letter);
                }
            }
        } catch (IOException error) {
            // The same as the end.
        }
        first.completeExceptionally(new IOException("the program ended"));
    }

    private void readMessages(InputStream errors) {
        var bytes = new byte[4096];
        try (var input = errors) {
            for (int length = input.read(bytes); length >= 0; length = input.read(bytes)) {
                synchronized (messages) {
                    messages.append(new String(bytes, 0, length, StandardCharsets.UTF_8));
                    messages.delete(0, Math.max(0, messages.length() - KEPT_MESSAGES));
                }
            }
        } catch (IOException error) {
            // The same as the end.
        }
    }

    /** The last messages of the program. If it has ended, those are complete. */
    private String messages() {
        try {
            messageReader.join(process.isAlive() ? 1 : 1000);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        synchronized (messages) {
            var text = messages.toString().trim();
            return text.isEmpty() ? "it printed no message" : text;
        }
    }

    /** Finds the program, and checks its version. */
    private static String find(String program) {
        var from = "Builder.program";
        if (program == null) {
            program = System.getenv("SPIKELET");
            from = "the environment variable SPIKELET";
        }
        if (program == null || program.isEmpty()) {
            program = onPath();
        } else if (!Files.isExecutable(Path.of(program))) {
            throw new StartException(from + " names a program that cannot be run: " + program, null);
        }
        if (VERSIONS.containsKey(program)) {
            return program;
        }
        var printed = versionOf(program);
        if (!printed.startsWith("spikelet ")) {
            throw new StartException(program + " is not the program spikelet: its option --version prints: " + printed, null);
        }
        var version = printed.substring("spikelet ".length());
        if (isOlder(version, MINIMUM_VERSION)) {
            throw new StartException(program + " has version " + version + ", which is too old: this class needs " + MINIMUM_VERSION
                + " or later", null);
        }
        VERSIONS.put(program, version);
        return program;
    }

    private static String onPath() {
        var path = System.getenv("PATH");
        for (var folder : (path == null ? "" : path).split(File.pathSeparator)) {
            for (var name : List.of("spikelet", "spikelet.exe")) {
                var file = new File(folder, name);
                if (!folder.isEmpty() && file.isFile() && file.canExecute()) {
                    return file.getPath();
                }
            }
        }
        throw new StartException(
            "the program spikelet is not on PATH: install it, or set the environment variable SPIKELET to its path", null);
    }

    private static String versionOf(String program) {
        try {
            var process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new StartException(
                    program + " is not the program spikelet: it does not print its version within 5 seconds", null);
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        } catch (IOException error) {
            throw new StartException("cannot start " + program + ": " + error.getMessage(), error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while " + program + " started", error);
        }
    }

    /** Compares versions such as 0.1.0. Pre-releases count as their release. */
    static boolean isOlder(String version, String minimum) {
        var left = version.split("\\.");
        var right = minimum.split("\\.");
        for (int at = 0; at < right.length; at++) {
            var number = at < left.length ? left[at].replaceAll("\\D.*", "") : "";
            int difference = (number.isEmpty() ? 0 : Integer.parseInt(number)) - Integer.parseInt(right[at]);
            if (difference != 0) {
                return difference < 0;
            }
        }
        return false;
    }

    /** Sends an info command. A frame has a header of eight bytes: the version 2, the type 1 and the length of the body. */
    private static String exchange(String address, String command) throws IOException {
        var body = (command + "\n").getBytes(StandardCharsets.UTF_8);
        var host = address.substring(0, address.lastIndexOf(':'));
        try (var socket = new Socket()) {
            socket.setSoTimeout(CONTROL_TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port(address)), CONTROL_TIMEOUT_MS);
            var request = ByteBuffer.allocate(8 + body.length).putLong(2L << 56 | 1L << 48 | body.length).put(body);
            socket.getOutputStream().write(request.array());
            var in = new DataInputStream(socket.getInputStream());
            long header = in.readLong();
            long length = header & 0xFFFF_FFFF_FFFFL;
            if (header >>> 48 != (2 << 8 | 1) || length > MAX_REPLY) {
                throw new IOException(address + " replied with something that is not an info reply");
            }
            var reply = new byte[(int) length];
            in.readFully(reply);
            return new String(reply, StandardCharsets.UTF_8);
        }
    }

    /** Returns the text of a reply, or throws the error that it is: {@code ERROR:code:text}. */
    private static String value(String command, String reply) {
        var text = reply.substring(reply.indexOf('\t') + 1);
        text = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (!text.startsWith("ERROR:")) {
            return text;
        }
        var parts = text.split(":", 3);
        var name = command.split(":", 2)[0];
        var isCode = parts[1].matches("\\d{1,9}");
        throw new ControlException(name, isCode ? Integer.parseInt(parts[1]) : 1, isCode && parts.length > 2 ? parts[2] : text);
    }

    private static int port(String address) {
        var port = address.substring(address.lastIndexOf(':') + 1);
        return port.matches("\\d{1,5}") ? Integer.parseInt(port) : -1;
    }

    private static int number(String control, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException error) {
            throw new SpikeletException(control + ": expected a number, got " + text, error);
        }
    }

    private static List<String> items(String reply) {
        return reply.isEmpty() ? List.of() : List.of(reply.split(";"));
    }

    /** Reads {@code name=value} pairs. */
    private static Map<String, String> fields(String text, String separator) {
        var fields = new LinkedHashMap<String, String>();
        for (var field : text.split(separator)) {
            var at = field.indexOf('=');
            fields.put(at < 0 ? field : field.substring(0, at), at < 0 ? "" : field.substring(at + 1));
        }
        return fields;
    }
}
