package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.transfer.MediaBehavior.Completes;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A [Fault] as people write it: `[STATEMENT/]NAME[=VALUE]`, such as `stall=16MiB` or `log/lose-connection`.
public enum FaultSwitch {
    FAIL(
            "fail",
            Value.BYTES,
            "the server fails (3043) when so many bytes are through; it drains and closes the devices"),
    STALL(
            "stall",
            Value.BYTES,
            "the server sends nothing more when so many bytes are through, until released or cancelled"),
    DAMAGE(
            "damage",
            Value.BYTES,
            "a bit in the buffer of a large transfer is flipped when so many bytes are through, behind the server's checksum"),
    ABORT("abort", Value.BYTES, "the server signals abort when so many bytes are through"),
    CANCEL("cancel", Value.BYTES, "the statement is cancelled when so many bytes are through, as by an attention"),
    CLOSE_EARLY(
            "close-early",
            Value.BYTES,
            "the devices are closed when so many bytes are through; the statement fails when released or cancelled"),
    RESTART(
            "restart",
            Value.BYTES,
            "the server is restarted when so many bytes are through; logins are refused for a second"),
    MISS_DEATH(
            "miss-death",
            Value.NONE,
            "the client's death goes unnoticed: the database is held (3023) until the session is killed"),
    DIE("die", Value.COMMANDS, "the server's process dies before it sends this command, counted from 0"),
    NEVER_OPEN("never-open", Value.NONE, "the statement never opens the set, until released or cancelled"),
    FAIL_AFTER_COMPLETE(
            "fail-after-complete", Value.NONE, "the statement fails after the client has completed everything"),
    FAIL_AFTER_TRUNCATION(
            "fail-after-truncation",
            Value.NONE,
            "the statement fails when it has truncated the log, or moved the differential base"),
    LOSE_CONNECTION(
            "lose-connection", Value.NONE, "everything succeeds; the line is cut before the client hears of it"),
    DIE_BEFORE_TRUNCATION(
            "die-before-truncation",
            Value.NONE,
            "the server dies when the client has completed everything, before any of it counts"),
    DIE_BEFORE_HISTORY(
            "die-before-history", Value.NONE, "the server dies between the truncation of the log and the row in msdb"),
    MSDB_OFFLINE("msdb-offline", Value.NONE, "the row in msdb cannot be written: 3009 beside 3014"),
    MSDB_LATE("msdb-late", Value.NONE, "the row in msdb appears when released"),
    MSDB_PURGED("msdb-purged", Value.NONE, "the row in msdb is gone as soon as it is written"),
    MSDB_OFF("msdb-off", Value.NONE, "the row in msdb is not written; BACKUP reports success all the same"),
    MSDB_LOCKED(
            "msdb-locked",
            Value.NONE,
            "another session has locked msdb's tables: the statement waits, until released or cancelled"),
    COMPLETE_NEVER("complete-never", Value.NONE, "VDC_Complete is not enabled, as by a server that does not know it"),
    COMPLETE_TOGETHER("complete-together", Value.NONE, "VDC_Complete goes to all devices at once"),
    COMPLETE_EACH_ALONE(
            "complete-each-alone", Value.NONE, "VDC_Complete goes to each device right behind its own Flush"),
    COMPLETE_SERIALLY("complete-serially", Value.NONE, "VDC_Complete goes to one device after the other has answered"),
    COMPLETE_REVERSED("complete-reversed", Value.NONE, "as complete-serially, from the last device to the first"),
    COMPLETE_FIRST_ONLY("complete-first-only", Value.NONE, "VDC_Complete goes to the first device only");

    /// What stands behind the `=`.
    public enum Value {
        NONE,
        BYTES,
        COMMANDS
    }

    private static final Pattern FORM =
            Pattern.compile("(?:(any|data|log|restore)/)?([a-z][a-z -]*)(?:=(\\d{1,15})\\s*(b|kib|mib|gib)?)?");

    private final String text;
    private final Value value;
    private final String meaning;

    FaultSwitch(String text, Value value, String meaning) {
        this.text = text;
        this.value = value;
        this.meaning = meaning;
    }

    /// As it is written.
    public String text() {
        return switch (value) {
            case NONE -> text;
            case BYTES -> text + "=BYTES";
            case COMMANDS -> text + "=N";
        };
    }

    public String meaning() {
        return meaning;
    }

    /// A fault, and the statements that it waits for.
    public record Parsed(Faults.Target target, Fault fault) {}

    /// Reads `[STATEMENT/]NAME[=VALUE]`.
    ///
    /// @param usual the habits that a `complete-…` changes
    /// @throws IllegalArgumentException with a sentence for the person who wrote it
    public static Parsed parse(String written, MediaBehavior usual) {
        Matcher matcher = FORM.matcher(written.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no fault: write [data/|log/|restore/]NAME[=VALUE]".formatted(written));
        }
        Faults.Target target =
                Faults.Target.of(Optional.ofNullable(matcher.group(1)).orElse("any"));
        FaultSwitch found = named(matcher.group(2));
        boolean hasValue = matcher.group(3) != null;
        if (hasValue != (found.value != Value.NONE)) {
            throw new IllegalArgumentException(
                    hasValue
                            ? "the fault '%s' takes no value".formatted(found.text)
                            : "the fault '%s' needs a value: %s".formatted(found.text, found.text()));
        }
        if (matcher.group(4) != null && found.value != Value.BYTES) {
            throw new IllegalArgumentException("the fault '%s' counts commands, not bytes".formatted(found.text));
        }
        long number = hasValue ? Long.parseLong(matcher.group(3)) << shift(matcher.group(4)) : 0;
        return new Parsed(target, found.fault(number, usual));
    }

    private static int shift(@Nullable String unit) {
        return switch (unit) {
            case "kib" -> 10;
            case "mib" -> 20;
            case "gib" -> 30;
            case null, default -> 0;
        };
    }

    /// @throws IllegalArgumentException when there is none of this name
    static FaultSwitch named(String name) {
        String wanted = name.strip().toLowerCase(Locale.ROOT).replace(' ', '-');
        for (FaultSwitch one : values()) {
            if (one.text.equals(wanted)) {
                return one;
            }
        }
        throw new IllegalArgumentException("there is no fault '%s'".formatted(name));
    }

    Fault fault(long number, MediaBehavior usual) {
        return switch (this) {
            case FAIL -> new Fault.FailsAfter(number);
            case STALL -> new Fault.StallsAfter(number);
            case DAMAGE -> new Fault.DamagesAfter(number);
            case ABORT -> new Fault.AbortsAfter(number);
            case CANCEL -> new Fault.CancelsAfter(number);
            case CLOSE_EARLY -> new Fault.ClosesEarlyAfter(number);
            case RESTART -> new Fault.RestartsAfter(number, Duration.ofSeconds(1));
            case MISS_DEATH -> new Fault.MissesDeath();
            case DIE -> new Fault.DiesAtCommand(number);
            case NEVER_OPEN -> new Fault.NeverOpens();
            case FAIL_AFTER_COMPLETE -> new Fault.FailsAfterComplete();
            case FAIL_AFTER_TRUNCATION -> new Fault.FailsAfterTruncation();
            case LOSE_CONNECTION -> new Fault.LosesConnection();
            case DIE_BEFORE_TRUNCATION -> new Fault.DiesBeforeTruncation();
            case DIE_BEFORE_HISTORY -> new Fault.DiesBeforeHistory();
            case MSDB_OFFLINE -> new Fault.Remembers(Faults.History.OFFLINE);
            case MSDB_LATE -> new Fault.Remembers(Faults.History.LATE);
            case MSDB_PURGED -> new Fault.Remembers(Faults.History.PURGED);
            case MSDB_OFF -> new Fault.Remembers(Faults.History.OFF);
            case MSDB_LOCKED -> new Fault.Remembers(Faults.History.LOCKED);
            case COMPLETE_NEVER -> behaves(usual, Completes.NEVER);
            case COMPLETE_TOGETHER -> behaves(usual, Completes.TOGETHER);
            case COMPLETE_EACH_ALONE -> behaves(usual, Completes.EACH_ALONE);
            case COMPLETE_SERIALLY -> behaves(usual, Completes.ONE_AFTER_ANOTHER);
            case COMPLETE_REVERSED -> behaves(usual, Completes.REVERSED);
            case COMPLETE_FIRST_ONLY -> behaves(usual, Completes.FIRST_ONLY);
        };
    }

    private static Fault behaves(MediaBehavior usual, Completes how) {
        return new Fault.Behaves(usual.completing(how));
    }
}
