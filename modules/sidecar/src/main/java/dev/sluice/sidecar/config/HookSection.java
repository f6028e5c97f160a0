package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Programs around a backup.
public final class HookSection {

    private HookSection() {}

    /// `policies[].before:`
    public record Before(
            @Key(
                    value =
                            "The program that `sluice serve` runs before each backup. As `notify[].command.program`; the JSON"
                                    + " document on its standard input says which backup begins.",
                    bound = "an absolute path",
                    example = "/usr/local/bin/quiesce")
            Path program,

            @Key(
                    value = "Its arguments, as they are: there is no shell.",
                    initial = "[]",
                    example = "[\"--app\", \"shop\"]")
            List<String> arguments,

            @Key(
                    value =
                            "How long it may run. Then Sluice kills it with its whole process group, and it has failed.",
                    initial = "1m",
                    min = "1s",
                    max = "1h")
            Duration timeout,

            @Key(
                    value = "Before backups of which types: `full`, `differential`, `log`, as they are taken.",
                    initial = "[full, differential, log]",
                    some = true,
                    example = "[full]")
            List<Type> types,

            @Key(
                    value =
                            "What follows when it does not end with exit code 0: the backup fails (`fail`), or is taken all"
                                    + " the same (`continue`).",
                    initial = "fail")
            OnFailure onFailure) {

        public Before {
            check(program);
            arguments = List.copyOf(arguments);
            types = all(types);
        }
    }

    /// `policies[].after:`
    public record After(
            @Key(
                    value =
                            "The program that `sluice serve` runs after each backup, whatever has come of it. As"
                                    + " `notify[].command.program`; the JSON document on its standard input says what has come of it.",
                    bound = "an absolute path",
                    example = "/usr/local/bin/unquiesce")
            Path program,

            @Key(
                    value = "Its arguments, as they are: there is no shell.",
                    initial = "[]",
                    example = "[\"--app\", \"shop\"]")
            List<String> arguments,

            @Key(
                    value = "How long it may run. Then Sluice kills it with its whole process group.",
                    initial = "1m",
                    min = "1s",
                    max = "1h")
            Duration timeout,

            @Key(
                    value = "After backups of which types: `full`, `differential`, `log`, as they were taken.",
                    initial = "[full, differential, log]",
                    some = true,
                    example = "[full]")
            List<Type> types) {

        public After {
            check(program);
            arguments = List.copyOf(arguments);
            types = all(types);
        }
    }

    /// A type of backup.
    public enum Type {
        FULL,
        DIFFERENTIAL,
        LOG;

        static Type of(BackupType type) {
            return valueOf(type.name());
        }
    }

    /// What follows a program that fails.
    public enum OnFailure {
        FAIL,
        CONTINUE
    }

    private static List<Type> all(List<Type> said) {
        return said.isEmpty() ? List.of(Type.values()) : List.copyOf(said);
    }

    private static void check(Path program) {
        if (!program.isAbsolute()) {
            throw new Invalid("program", "%s is not absolute".formatted(program), "begin it with a slash");
        }
    }
}
