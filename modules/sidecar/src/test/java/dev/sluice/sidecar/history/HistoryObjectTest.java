package dev.sluice.sidecar.history;

import static dev.sluice.sidecar.history.Entries.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Keys;
import dev.sluice.sidecar.schedule.JobOutcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is written is read again; what is damaged or hostile is named, and hides nothing else.
class HistoryObjectTest {

    private static final Path CATALOG = Path.of(System.getProperty("sluice.root", "../.."), "docs", "catalog.md");
    private static final String ID = "01J00000000000000000000001";
    private static final LocalDate DAY = LocalDate.parse("2026-03-10");
    private static final HistoryKey KEY = HistoryKey.of(new Keys("prod-1"), DAY, ID);

    /// With every member that there is.
    private static final HistoryEntry WHOLE = new HistoryEntry(
            "Verkäufe \"1\"\n",
            "Sales",
            JobType.DIFFERENTIAL,
            JobOrigin.CHAIN,
            JobOutcome.LEFT_OUT,
            1,
            NOON.minusSeconds(10),
            NOON.minusSeconds(5),
            NOON,
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            123_456_789_012L,
            new WaitedFor(WaitedFor.Side.MEMORY, Duration.ofMillis(1_234)),
            "01J00000000000000000000002",
            "store-failed",
            "line one\nline two");

    private static final HistoryEntry SUM = new HistoryEntry(
            "Sales",
            null,
            JobType.LOG,
            JobOrigin.SCHEDULE,
            JobOutcome.GOOD,
            60,
            null,
            NOON.minusSeconds(3_600),
            NOON,
            Duration.ofMillis(61_001),
            Duration.ofMillis(2_002),
            0,
            null,
            null,
            null,
            null);

    private final List<HistoryEntry> read = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();

    private void read(byte[] packed) {
        read.clear();
        unreadable.clear();
        HistoryObject.read(KEY, "s3://b/history", packed, read::add, unreadable::add);
    }

    private static byte[] packed(HistoryEntry... entries) {
        return HistoryObject.write(new HistoryDay(DAY, ID, 0, List.of(entries)), "1.2", "prod-1");
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static String unpacked(byte[] packed) throws IOException {
        return new String(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        read(packed(WHOLE, SUM, Entries.full("Sales", NOON)));

        assertThat(unreadable).isEmpty();
        assertThat(read).containsExactly(WHOLE, SUM, Entries.full("Sales", NOON));
    }

    @Test
    void everyMemberIsExplainedInTheDocument() throws IOException {
        String document = Files.readString(CATALOG);
        String section = document.substring(document.indexOf("\n## History\n"));
        section = section.substring(0, section.indexOf("\n## ", 3));

        String lines = unpacked(packed(WHOLE, SUM));
        for (String name : lines.split("[{,]\"", -1)) {
            if (name.matches("(?s)[a-zA-Z]+\":.*")) {
                assertThat(section).contains("`" + name.substring(0, name.indexOf('"')) + "`");
            }
        }
        assertThat(section).contains("history/<day>_<id>.jsonl.gz", "`left-out`");
    }

    @Test
    void aDamagedLineIsNamedAndHidesNoOther() throws IOException {
        String[] lines = unpacked(packed(Entries.full("A", NOON), Entries.full("B", NOON), Entries.full("C", NOON)))
                .split("\n", -1);
        lines[2] = lines[2].substring(0, 40);

        read(gzip(String.join("\n", lines)));

        assertThat(read).extracting(HistoryEntry::database).containsExactly("A", "C");
        assertThat(unreadable).singleElement().asString().contains("s3://b/history", "1 line", "line 3", "not JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"type\":\"full\"|\"type\":\"fool\"|'type' is 'fool'",
                "\"bytes\":1073741824|\"bytes\":-1|'bytes'",
                "\"bytes\":1073741824|\"bytes\":1e400|'bytes'",
                "\"bytes\":1073741824|\"bytes\":18446744073709551616|'bytes'",
                "\"bytes\":1073741824|\"bytes\":\"many\"|'bytes'",
                "\"seconds\":180.0|\"seconds\":1e308|'seconds'",
                "\"seconds\":180.0|\"seconds\":-3|'seconds'",
                "\"ended\":\"2026-03-10T12:00:00Z\"|\"ended\":\"yesterday\"|'ended'",
                "\"ended\":\"2026-03-10T12:00:00Z\",||began and ended",
                "\"database\":\"Sales\"|\"database\":\"\"|'database'",
                "\"database\":\"Sales\"|\"database\":{}|'database'",
                "\"outcome\":\"good\"|\"outcome\":\"good\",\"outcome\":\"failed\"|not JSON",
                "\"outcome\":\"good\"|\"outcome\":\"good\",\"mood\":1|'mood'",
                "\"outcome\":\"good\"|\"outcome\":\"good\",\"count\":0|'count'",
                "\"outcome\":\"good\"|\"outcome\":\"good\",\"backup\":\"../x\"|'backup'",
            })
    void whatALineMayNotSayIsNamed(String change) throws IOException {
        String[] parts = change.split("\\|", -1);
        String text = unpacked(packed(Entries.full("Sales", NOON)));
        assertThat(text).contains(parts[0]);

        read(gzip(text.replace(parts[0], parts[1])));

        assertThat(read).isEmpty();
        assertThat(unreadable).singleElement().asString().contains("line 2", parts[2]);
    }

    @Test
    void aNewerVersionIsNamedAndANewerMinorVersionMayHaveMoreMembers() throws IOException {
        String text = unpacked(packed(Entries.full("Sales", NOON)));

        read(gzip(text.replace("\"schemaVersion\":2", "\"schemaVersion\":3")));
        assertThat(read).isEmpty();
        assertThat(unreadable).singleElement().asString().contains("schema version 3 by Sluice 1.2", "update Sluice");

        read(gzip(text.replace("\"schemaMinor\":0", "\"schemaMinor\":1,\"mood\":2")
                .replace("\"outcome\"", "\"weather\":[1,{\"a\":2}],\"outcome\"")));
        assertThat(unreadable).isEmpty();
        assertThat(read).containsExactly(Entries.full("Sales", NOON));
    }

    @Test
    void anObjectUnderAnotherNameIsRefused() throws IOException {
        String text = unpacked(packed(Entries.full("Sales", NOON)));

        read(gzip(text.replace("\"day\":\"2026-03-10\"", "\"day\":\"2026-03-11\"")));

        assertThat(read).isEmpty();
        assertThat(unreadable).singleElement().asString().contains("contradicts its key");
    }

    @Test
    void whatIsNoGzipOrEndsEarlyIsNamedAndItsBeginningIsRead() throws IOException {
        read("{}".getBytes(StandardCharsets.UTF_8));
        assertThat(unreadable).singleElement().asString().contains("is damaged");
        read(new byte[0]);
        assertThat(unreadable).singleElement().asString().contains("is damaged");
        read(gzip(""));
        assertThat(unreadable).singleElement().asString().contains("line 1");

        HistoryEntry[] many = new HistoryEntry[2_000];
        Arrays.setAll(many, i -> Entries.full("Db" + i * 7919 % 2000, NOON.plusMillis(i * 31L)));
        byte[] whole = packed(many);
        read(Arrays.copyOf(whole, whole.length / 2));
        assertThat(read).hasSizeBetween(100, 1_900);
        assertThat(unreadable).anyMatch(text -> text.contains("it is damaged behind line"));
    }

    @Test
    void whatUnpacksWithoutEndHasAnEnd() {
        byte[] bomb = gzip(" ".repeat(HistoryObject.LARGEST_UNPACKED + 100_000));

        read(bomb);

        assertThat(bomb.length).isLessThan(1 << 20);
        assertThat(read).isEmpty();
        assertThat(unreadable).isNotEmpty();
    }

    /// A changed byte anywhere leads to entries, messages or both, and to nothing else.
    @Test
    void noChangedByteIsMoreThanAMessage() throws IOException {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String text = unpacked(packed(WHOLE, SUM));
        byte[] packed = packed(WHOLE, SUM);
        for (int i = 0; i < 3_000; i++) {
            byte[] plain = text.getBytes(StandardCharsets.UTF_8);
            plain[random.nextInt(plain.length)] = (byte) random.nextInt();
            read(gzip(new String(plain, StandardCharsets.ISO_8859_1)));
            assertThat(read.size()).isLessThanOrEqualTo(3);
            byte[] zipped = packed.clone();
            zipped[random.nextInt(zipped.length)] ^= (byte) (1 << random.nextInt(8));
            read(zipped);
            assertThat(read.isEmpty() && unreadable.isEmpty())
                    .as("seed %d: a change is not taken for an empty day", seed)
                    .isFalse();
        }
    }

    /// The figures of `docs/history.md`. Sizes and durations vary as those of real log backups do.
    @Test
    void aDayOfManyDatabasesIsAsSmallAsTheDocumentSays() throws IOException {
        System.out.printf("1 database: %d bytes a day; 300 databases: %d bytes a day%n", day(1), day(300));
        assertThat(day(1)).isLessThan(2 << 10);
        assertThat(day(300)).isLessThan(300 << 10);
    }

    private static int day(int databases) {
        Random random = new Random(1);
        HistoryJournal journal = new HistoryJournal(HistoryJournal.Limits.DEFAULT, () -> ID);
        for (int minute = 0; minute < 1_440; minute++) {
            for (int i = 0; i < databases; i++) {
                long millis = 300L + random.nextInt(1_500);
                Instant ended = NOON.plusMillis(60_000L * (minute - 720) + millis + random.nextInt(20_000));
                String database = "Customer_%04d".formatted(i);
                journal.add(Entries.log(database, ended, millis, 20_000L + random.nextInt(3_000_000)));
                if (minute % 360 == 61) {
                    journal.add(new HistoryEntry(
                            database,
                            null,
                            minute == 61 ? JobType.FULL : JobType.DIFFERENTIAL,
                            JobOrigin.SCHEDULE,
                            JobOutcome.GOOD,
                            1,
                            ended.minusSeconds(100),
                            ended.minusSeconds(60 + i),
                            ended,
                            Duration.ofMillis(60_000 + random.nextInt(60_000)),
                            Duration.ofMillis(60_000),
                            random.nextInt(1 << 30),
                            new WaitedFor(WaitedFor.Side.S3, Duration.ofMillis(random.nextInt(60_000))),
                            new dev.sluice.catalog.Ulid(java.time.Clock.systemUTC()).next(),
                            null,
                            null));
                }
            }
        }
        assertThat(journal.dropped()).isZero();
        return HistoryObject.write(journal.held().getFirst(), "1.0", "prod-1").length;
    }
}
