package dev.sluice.simulator.server;

import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.Options;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The options of one BACKUP or RESTORE, with their values computed and checked.
///
/// **Source:** ranges, defaults and conflicts as in the documentation of BACKUP; MAXTRANSFERSIZE is 64 KiB by
/// default for virtual devices.
final class StatementOptions {

    private static final int SMALLEST_BLOCK = 512;
    private static final int LARGEST_BLOCK = 65_536;
    private static final int UNIT_OF_TRANSFER = 65_536;
    private static final int LARGEST_TRANSFER = 4_194_304;
    private static final int MOST_DEVICES = 64;
    private static final int LONGEST_DEVICE_NAME = 255;
    private static final int DEFAULT_STEP = 10;

    /// What becomes of Service Broker; for RESTORE DATABASE alone.
    private static final List<String> BROKER = List.of("ENABLE_BROKER", "NEW_BROKER", "ERROR_BROKER_CONVERSATIONS");

    /// For a database that is opened. Not permitted with NORECOVERY, as the documentation says of KEEP_CDC and
    /// KEEP_REPLICATION. The others belong to RECOVERY, or to the end of a restore, and of STANDBY it says nothing:
    /// so the stand-in takes the stricter side.
    private static final List<String> OPENING = Stream.concat(
                    Stream.of("KEEP_CDC", "KEEP_REPLICATION", "RESTRICTED_USER"), BROKER.stream())
            .toList();

    private static final List<List<String>> CONFLICTS = List.of(
            List.of("COMPRESSION", "NO_COMPRESSION"),
            List.of("CHECKSUM", "NO_CHECKSUM"),
            List.of("INIT", "NOINIT"),
            List.of("SKIP", "NOSKIP"),
            List.of("FORMAT", "NOFORMAT"),
            List.of("FORMAT", "NOSKIP"),
            List.of("STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"),
            List.of("RECOVERY", "NORECOVERY"),
            List.of("RECOVERY", "STANDBY"),
            List.of("NORECOVERY", "STANDBY"),
            List.of("EXPIREDATE", "RETAINDAYS"),
            List.of("STOPAT", "STOPATMARK"),
            List.of("STOPAT", "STOPBEFOREMARK"),
            List.of("STOPATMARK", "STOPBEFOREMARK"));

    /// What HEADERONLY, FILELISTONLY and LABELONLY know.
    private static final Set<String> LISTING = Set.of(
            "CHECKSUM",
            "CONTINUE_AFTER_ERROR",
            "FILE",
            "MEDIANAME",
            "MEDIAPASSWORD",
            "METADATA_ONLY",
            "NOREWIND",
            "NOUNLOAD",
            "NO_CHECKSUM",
            "PASSWORD",
            "REWIND",
            "SNAPSHOT",
            "STOP_ON_ERROR",
            "UNLOAD");

    private final QueryEngine queries;
    private final Options options;
    private final List<String> devices;
    private final int blockSize;
    private final int maxTransferSize;
    private final int bufferCount;
    private final int step;

    StatementOptions(QueryEngine queries, List<Statement.Device> devices, Options options) {
        this.queries = queries;
        this.options = options;
        requireNoConflict();
        this.devices = names(devices);
        this.blockSize = blockSize();
        this.maxTransferSize = maxTransferSize();
        this.bufferCount = bufferCount();
        this.step = step();
    }

    private void requireNoConflict() {
        for (List<String> pair : CONFLICTS) {
            if (options.present(pair).size() > 1) {
                throw conflict(pair.get(1), pair.get(0));
            }
        }
    }

    /// What a RESTORE is told of the database that it opens.
    ///
    /// **Errors:** 3031 beside NORECOVERY or STANDBY, or for two of Service Broker's; 3032 where the statement does
    /// not take the option.
    void requireOpening(Statement.Restore.Kind kind) {
        List<String> present = options.present(OPENING);
        if (kind != Statement.Restore.Kind.DATABASE) {
            refuseAll(options.present(kind == Statement.Restore.Kind.LOG ? BROKER : OPENING));
        }
        List<String> brokers = options.present(BROKER);
        if (brokers.size() > 1) {
            throw conflict(brokers.get(1), brokers.getFirst());
        }
        for (String state : List.of("NORECOVERY", "STANDBY")) {
            if (options.has(state) && !present.isEmpty()) {
                throw conflict(present.getFirst(), state);
            }
        }
    }

    private static SqlFailure conflict(String option, String other) {
        return SqlFailure.error(
                3031,
                "Option '%s' conflicts with option(s) '%s'. Remove the conflicting option and reissue the statement."
                        .formatted(option.toLowerCase(Locale.ROOT), other.toLowerCase(Locale.ROOT)));
    }

    private List<String> names(List<Statement.Device> clauses) {
        if (clauses.size() > MOST_DEVICES) {
            throw SqlFailure.error(
                    3205,
                    String.format(
                            Locale.ROOT,
                            "Too many backup devices specified for backup or restore; only %d are allowed.",
                            MOST_DEVICES));
        }
        List<String> names = new ArrayList<>();
        Set<String> types = new HashSet<>();
        for (Statement.Device clause : clauses) {
            String name = text(clause.name());
            if (name.isEmpty()) {
                throw SqlFailure.error(
                        3044,
                        "Invalid zero-length device name. Reissue the BACKUP statement with a valid device name.");
            }
            if (name.length() > LONGEST_DEVICE_NAME) {
                throw SqlFailure.error(
                        3057,
                        String.format(
                                Locale.ROOT,
                                "Invalid device name. The length of the device name provided exceeds supported limit (maximum length is:%d).",
                                LONGEST_DEVICE_NAME));
            }
            types.add(clause.type());
            names.add(name);
        }
        if (types.size() > 1) {
            throw SqlFailure.error(
                    3011, "All backup devices must be of the same general class (for example, DISK and TAPE).");
        }
        if (!types.isEmpty() && !types.contains("VIRTUAL_DEVICE")) {
            String system = types.contains("LOGICAL")
                    ? "2(The system cannot find the file specified.)"
                    : "50(The request is not supported.)";
            throw new SqlFailure(Errors.cannotOpen(names.getFirst(), system));
        }
        if (new HashSet<>(names).size() < names.size()) {
            throw SqlFailure.error(3227, "The same virtual device is named twice in the statement.");
        }
        return names;
    }

    private int blockSize() {
        long size = number("BLOCKSIZE", SMALLEST_BLOCK);
        if (size < SMALLEST_BLOCK || size > LARGEST_BLOCK) {
            throw Errors.outOfRange(size, "BLOCKSIZE");
        }
        if (Long.bitCount(size) != 1) {
            throw SqlFailure.error(3253, "The block size parameter must supply a value that is a power of 2.");
        }
        return (int) size;
    }

    private int maxTransferSize() {
        long size = number("MAXTRANSFERSIZE", UNIT_OF_TRANSFER);
        if (size < UNIT_OF_TRANSFER || size > LARGEST_TRANSFER || size % UNIT_OF_TRANSFER != 0) {
            throw Errors.outOfRange(size, "MAXTRANSFERSIZE");
        }
        return (int) size;
    }

    /// SQL Server chooses by devices and volumes; the formula is not documented, this is its rumoured shape.
    private int bufferCount() {
        long count = number("BUFFERCOUNT", 5L * devices.size() + 2);
        if (count < 1 || count > Integer.MAX_VALUE / UNIT_OF_TRANSFER) {
            throw Errors.outOfRange(count, "BUFFERCOUNT");
        }
        return (int) count;
    }

    private int step() {
        if (!options.has("STATS")) {
            return 0;
        }
        long percent = number("STATS", DEFAULT_STEP);
        if (percent < 1 || percent > 100) {
            throw Errors.outOfRange(percent, "STATS");
        }
        return (int) percent;
    }

    List<String> devices() {
        return devices;
    }

    int blockSizeInBytes() {
        return blockSize;
    }

    int maxTransferSizeInBytes() {
        return maxTransferSize;
    }

    int buffers() {
        return bufferCount;
    }

    /// Percent between two messages 3211, or 0 for none.
    int statisticsStep() {
        return step;
    }

    /// What stands in the option's parentheses, as written; empty without any.
    List<String> words(String name) {
        return options.find(name).map(Options.Option::words).orElse(List.of());
    }

    boolean has(String name) {
        return options.has(name);
    }

    long number(String name, long otherwise) {
        Expression value = options.find(name).map(Options.Option::value).orElse(null);
        if (value == null) {
            return otherwise;
        }
        Object number = queries.values().convert(queries.evaluate(value).value(), SqlType.BIGINT, 0);
        return number instanceof Long n ? n : otherwise;
    }

    String text(String name, String otherwise) {
        Expression value = options.find(name).map(Options.Option::value).orElse(null);
        return value == null ? otherwise : text(value);
    }

    @Nullable
    String textAfter(String name) {
        Expression after = options.find(name).map(Options.Option::after).orElse(null);
        return after == null ? null : text(after);
    }

    /// Logical names with the paths they move to.
    Map<String, String> moves() {
        Map<String, String> moves = new LinkedHashMap<>();
        for (Options.Move move : options.moves()) {
            moves.put(text(move.logicalName()), text(move.path()));
        }
        return moves;
    }

    String text(Expression expression) {
        Object value = queries.evaluate(expression).value();
        return value == null ? "" : Values.text(value, 0);
    }

    /// 3032 for options that the stand-in knows of and cannot do.
    void refuse(List<String> names) {
        refuseAll(options.present(names));
    }

    /// 3032 for an option that does not belong to a statement that lists what one device holds.
    void refuseForListing(Statement.Restore.Kind kind) {
        refuseAll(options.names().stream()
                .filter(name ->
                        !LISTING.contains(name) || (kind == Statement.Restore.Kind.LABELONLY && name.equals("FILE")))
                .toList());
    }

    private static void refuseAll(List<String> present) {
        if (!present.isEmpty()) {
            throw SqlFailure.error(
                    3032,
                    "One or more of the options (%s) are not supported for this statement. Review the documentation for supported options."
                            .formatted(String.join(", ", present).toLowerCase(Locale.ROOT)));
        }
    }
}
