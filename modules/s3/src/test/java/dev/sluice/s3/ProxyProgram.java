package dev.sluice.s3;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A forward proxy of another project, and how to run it in the foreground on a port of the loopback.
///
/// A test that needs one which is not installed is skipped, unless `sluice.require.native` is true: then it fails.
sealed interface ProxyProgram {

    /// The user that both let through when they want one.
    String USER = "sluice:s3cret";

    /// What a proxy lets through.
    ///
    /// @param user       whether it wants [#USER] with every request
    /// @param anyTunnels whether it connects to all ports; otherwise to 443 only, as both do by default
    record Rules(boolean user, boolean anyTunnels) {}

    /// Writes the configuration and tells how to start it.
    ///
    /// @param directory readable by every user of the machine
    List<String> command(Path directory, int port, Rules rules) throws IOException;

    /// The file that has a line for each request, at the latest when its connection has ended.
    Path log(Path directory);

    private static Path require(String name, String... more) {
        Optional<Path> found = Stream.concat(
                        Stream.concat(
                                        Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1)),
                                        Stream.of("/usr/bin", "/usr/sbin"))
                                .map(Path::of)
                                .map(place -> place.resolve(name)),
                        Stream.of(more).map(Path::of))
                .filter(Files::isExecutable)
                .findFirst();
        String missing = name + " is not to be found: install the package tinyproxy or squid to run this test";
        if (found.isEmpty() && Boolean.getBoolean("sluice.require.native")) {
            fail(missing);
        }
        assumeTrue(found.isPresent(), missing);
        return found.get();
    }

    record Tinyproxy() implements ProxyProgram {

        @Override
        public List<String> command(Path directory, int port, Rules rules) throws IOException {
            Path program = require("tinyproxy");
            List<String> lines =
                    new ArrayList<>(List.of("Port " + port, "Listen 127.0.0.1", "Timeout 60", "LogLevel Connect"));
            if (rules.user()) {
                lines.add("BasicAuth " + USER.replace(':', ' '));
            }
            if (!rules.anyTunnels()) {
                lines.add("ConnectPort 443");
            }
            Path file = Files.write(directory.resolve("tinyproxy.conf"), lines);
            return List.of(program.toString(), "-d", "-c", file.toString());
        }

        @Override
        public Path log(Path directory) {
            return directory.resolve("output");
        }
    }

    /// Started by root it runs as another user, to whom its log files must belong, or be open.
    record Squid() implements ProxyProgram {

        /// [#USER], by `openssl passwd -apr1`.
        private static final String HASHED = "sluice:$apr1$sluice00$y5nXBbuLTG1z.5QYgJiqy.";

        @Override
        public List<String> command(Path directory, int port, Rules rules) throws IOException {
            Path program = require("squid");
            Path helper =
                    require("basic_ncsa_auth", "/usr/lib/squid/basic_ncsa_auth", "/usr/lib64/squid/basic_ncsa_auth");
            Path users = Files.write(directory.resolve("users"), List.of(HASHED));
            for (Path log : List.of(log(directory), directory.resolve("cache.log"))) {
                Files.setPosixFilePermissions(Files.createFile(log), PosixFilePermissions.fromString("rw-rw-rw-"));
            }
            List<String> lines = new ArrayList<>(List.of(
                    "http_port 127.0.0.1:" + port,
                    "visible_hostname localhost",
                    "access_log stdio:" + log(directory),
                    "cache_log " + directory.resolve("cache.log"),
                    "coredump_dir " + directory,
                    "pid_filename none",
                    "netdb_filename none",
                    "pinger_enable off",
                    "cache deny all",
                    "cache_mem 8 MB",
                    "max_filedescriptors 1024",
                    "shutdown_lifetime 0 seconds"));
            if (!rules.anyTunnels()) {
                lines.addAll(List.of("acl https port 443", "http_access deny CONNECT !https"));
            }
            if (rules.user()) {
                lines.addAll(List.of(
                        "auth_param basic program " + helper + " " + users,
                        "auth_param basic children 1",
                        "acl known proxy_auth REQUIRED",
                        "http_access allow known",
                        "http_access deny all"));
            } else {
                lines.add("http_access allow localhost");
            }
            Path file = Files.write(directory.resolve("squid.conf"), lines);
            return List.of(program.toString(), "-N", "-f", file.toString());
        }

        @Override
        public Path log(Path directory) {
            return directory.resolve("access.log");
        }
    }
}
