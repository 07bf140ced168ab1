package spikelet;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import spikelet.Spikelet.Filter;

/** The tests, as a program without a framework: each method is a test. It ends with status 1 if one fails. */
final class SpikeletTest {
    private static final String USERS = "{\"namespaces\": {\"test\": {\"records\": ["
        + "{\"set\": \"users\", \"key\": \"alice\", \"ttl\": 300, \"bins\": {\"age\": 30}},"
        + "{\"set\": \"users\", \"key\": \"bob\", \"bins\": {\"age\": 40}}]}}}";

    interface Test {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            child(arguments[0]);
            return;
        }
        var tests = Map.<String, Test>of(
            "it starts and stops", SpikeletTest::itStartsAndStops,
            "the clock moves and records expire", SpikeletTest::theClockMoves,
            "faults fire and the journal keeps requests", SpikeletTest::faultsAndJournal,
            "nodes die and come back", SpikeletTest::nodes,
            "snapshots and fixtures", SpikeletTest::snapshotsAndFixtures,
            "errors at the start", SpikeletTest::errorsAtTheStart,
            "programs that are not the right one", SpikeletTest::wrongPrograms,
            "a server that died is reported", SpikeletTest::died,
            "it ends with the process", SpikeletTest::endsWithTheProcess,
            "versions are compared", SpikeletTest::versions);
        int failed = 0;
        for (var test : tests.entrySet()) {
            try {
                test.getValue().run();
                System.out.println("ok      " + test.getKey());
            } catch (Throwable error) {
                failed++;
                System.out.println("FAILED  " + test.getKey());
                error.printStackTrace(System.out);
            }
        }
        System.out.println(tests.size() - failed + " of " + tests.size() + " tests passed");
        System.exit(failed == 0 ? 0 : 1);
    }

    static void itStartsAndStops() throws Exception {
        var server = Spikelet.start();
        equal("127.0.0.1:" + server.port(), server.hosts());
        equal("127.0.0.1", server.host());
        equal("test;bar", server.info("namespaces"));
        server.close();
        server.close();
        fails("the server is closed", () -> server.info("namespaces"));
    }

    static void theClockMoves() throws Exception {
        try (var server = Spikelet.start()) {
            equal(2, server.fixtures().load(USERS).records);
            server.clock().freeze();
            var before = server.clock().now();
            equal(true, server.clock().isFrozen());
            server.clock().advance(Duration.ofSeconds(302));
            equal(Duration.ofSeconds(302), Duration.between(before, server.clock().now()));
            contains(server.info("sets/test/users"), "objects=1:");
            var date = Instant.ofEpochMilli(1_900_000_000_000L);
            server.clock().set(date);
            equal(date, server.clock().now());
            server.clock().resume();
            server.clock().reset();
            equal(false, server.clock().isFrozen());
            equal(true, Duration.between(server.clock().now(), Instant.now()).abs().toMinutes() < 1);
            fails("cannot be advanced by PT-1S", () -> server.clock().advance(Duration.ofSeconds(-1)));
            equal(0, server.nsup());
        }
    }

    static void faultsAndJournal() throws Exception {
        try (var server = Spikelet.builder().journal(100).start()) {
            var fault = server.faults().on(Filter.command("info")).times(1).result("device-overload");
            var other = server.faults().on(Filter.command("write").namespace("test").set("users").key(7)).delay(Duration.ofSeconds(1));
            server.faults().on(Filter.ANY.key("alice")).nth(2).probability(-1, 0.5).truncate(9);
            equal(0, fault.fired());
            var refused = (Spikelet.ControlException) fails("fault", () -> server.info("namespaces"));
            equal(18, refused.code());
            equal("test;bar", server.info("namespaces"));
            equal(1, fault.fired());
            equal(0, other.matched());
            fault.remove();
            fails("was removed", fault::fired);
            server.faults().clear();
            fails("bad reaction 'delay'", () -> server.faults().on(Filter.ANY).reaction("delay"));

            equal(2, server.journal().count(Filter.command("info")));
            var entries = server.journal().entries(Filter.command("info"), 1);
            equal(1, entries.size());
            contains(entries.get(0), " info namespaces -> ");
            server.journal().clear();
            equal(List.of(), server.journal().entries(Filter.ANY, 10));
            server.journal().stop();
        }
    }

    static void nodes() throws Exception {
        try (var server = Spikelet.builder().nodes(3).replicationFactor(2).start()) {
            var all = server.hosts();
            server.nodes().kill("B1");
            server.nodes().kill("B2");
            fails("the last node that is up", () -> server.nodes().kill("B3"));
            var list = server.nodes().list();
            equal(3, list.size());
            equal(false, list.get(0).isUp());
            equal(list.get(2).address, server.hosts());
            server.nodes().restart("B1");
            server.nodes().restart("B2");
            equal(all, server.hosts());
            server.nodes().partition(List.of("B1"), List.of("B2", "B3"));
            server.nodes().heal();
            server.nodes().quiesce("B2");
            equal("quiesced", server.nodes().list().get(1).state);
            server.nodes().quiesceUndo("B2");
            equal("B4", server.nodes().add());
            equal(4, server.hosts().split(",").length);
            fails("no node C9", () -> server.nodes().kill("C9"));
        }
    }

    static void snapshotsAndFixtures() throws Exception {
        var folder = Files.createTempDirectory("spikelet");
        var path = folder.resolve("users.json");
        Files.writeString(path, USERS);
        try (var server = Spikelet.builder().load(path).namespace("test").namespace("cache,default-ttl=1h").clusterName("c").start()) {
            equal("c", server.info("cluster-name"));
            server.snapshots().save("two");
            server.reset();
            equal("", server.info("sets/test/users"));
            server.snapshots().restore("two");
            contains(server.info("sets/test/users"), "objects=2:");
            server.snapshots().drop("two");
            fails("no snapshot 'two'", () -> server.snapshots().restore("two"));
            var saved = folder.resolve("saved.json");
            server.fixtures().save(saved);
            server.fixtures().backup("test", folder.resolve("saved.asb"));
            equal(2, server.fixtures().load(saved).records);
            fails("line 1", () -> server.fixtures().load("{"));
            fails("semicolon", () -> server.fixtures().save(Path.of("a;b")));
            fails("unexpected parameter 'seconds', expected ms", () -> server.control("clock/advance", "seconds", "1"));
        }
    }

    static void errorsAtTheStart() throws Exception {
        fails("ended at its start (exit status 2)", () -> Spikelet.builder().argument("--nodse", "3").start(), "--nodse");
        fails("default-ttl", () -> Spikelet.builder().namespace("test,default-ttl=soon").start(), "30d");
        fails("exit status 1", () -> Spikelet.builder().nodes(65).start(), "65");
        fails("Builder.program", () -> Spikelet.builder().program("/nowhere/spikelet").start(), "/nowhere/spikelet");
        contains(inChild(Map.of("SPIKELET", "/nowhere/spikelet")), "the environment variable SPIKELET names", "/nowhere/spikelet");
        contains(inChild(Map.of("SPIKELET", "", "PATH", "/nowhere")), "the program spikelet is not on PATH");
    }

    static void wrongPrograms() throws Exception {
        fails("version 0.0.9, which is too old", () -> starts("echo spikelet 0.0.9"), Spikelet.MINIMUM_VERSION);
        fails("is not the program spikelet", () -> starts("echo another thing"), "another thing");
        var version = "[ \"$1\" = --version ] && { echo spikelet 9.0.0; exit; }\n";
        fails("did not print where it listens", () -> starts(version + "echo hello; cat >/dev/null"), "hello");
        fails("does not listen after 300 ms", () -> starts(version + "cat >/dev/null"));
        fails("exit status 3", () -> starts(version + "echo the disk is full >&2; exit 3"), "the disk is full");
    }

    static void died() throws Exception {
        var server = Spikelet.start();
        var running = ProcessHandle.current().children().filter(ProcessHandle::isAlive).findFirst().orElseThrow();
        running.destroyForcibly();
        running.onExit().join();
        fails("the server has ended with exit status 137", () -> server.info("namespaces"));
        fails("the server ", server::close);
    }

    static void endsWithTheProcess() throws Exception {
        var java = javaCommand("hold");
        var child = java.start();
        var line = new StringBuilder();
        for (int letter = child.getInputStream().read(); letter >= 0 && letter != '\n'; letter = child.getInputStream().read()) {
            line.append((char) letter);
        }
        var port = Integer.parseInt(line.toString().trim());
        new Socket("127.0.0.1", port).close();
        child.destroyForcibly().waitFor();
        for (long end = System.nanoTime() + 5_000_000_000L; System.nanoTime() < end; Thread.sleep(10)) {
            try {
                new Socket("127.0.0.1", port).close();
            } catch (IOException refused) {
                return;
            }
        }
        throw new AssertionError("the server outlives the test process");
    }

    static void versions() {
        for (var version : List.of("0.0.9", "0.0", "")) {
            equal(true, Spikelet.isOlder(version, "0.1.0"));
        }
        for (var version : List.of("0.1.0", "0.1.1", "0.10.0", "1.0.0", "0.1.0-rc.1")) {
            equal(false, Spikelet.isOlder(version, "0.1.0"));
        }
    }

    /** What a child process of the tests does. */
    private static void child(String what) throws Exception {
        if (what.equals("hold")) {
            System.out.println(Spikelet.start().port());
            Thread.sleep(60_000);
        }
        try {
            Spikelet.start().close();
            System.out.println("it started");
        } catch (Spikelet.StartException error) {
            System.out.println(error.getMessage());
        }
    }

    private static ProcessBuilder javaCommand(String argument) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), "spikelet.SpikeletTest", argument);
    }

    private static String inChild(Map<String, String> environment) throws Exception {
        var java = javaCommand("start");
        java.environment().putAll(environment);
        return new String(java.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Starts a program that stands for another version. */
    private static void starts(String script) throws IOException {
        var path = Files.createTempDirectory("spikelet").resolve("spikelet");
        Files.writeString(path, "#!/bin/sh\n" + script);
        if (!path.toFile().setExecutable(true)) {
            throw new IOException("cannot make a program of " + path);
        }
        Spikelet.builder().program(path.toString()).startTimeout(Duration.ofMillis(300)).start();
    }

    private static void equal(Object expected, Object found) {
        if (!Objects.equals(expected, found)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }

    private static void contains(String text, String... parts) {
        for (var part : parts) {
            if (!text.contains(part)) {
                throw new AssertionError("expected " + part + " in: " + text);
            }
        }
    }

    private static RuntimeException fails(String part, Test test, String... more) throws Exception {
        try {
            test.run();
        } catch (RuntimeException error) {
            contains(error.getMessage(), part);
            contains(error.getMessage(), more);
            return error;
        }
        throw new AssertionError("expected an error with " + part);
    }
}
