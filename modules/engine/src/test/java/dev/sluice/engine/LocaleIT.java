package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.StatementOutcome;
import dev.sluice.testsupport.FaultyProxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A machine's language is for people. What goes into the bucket and to SQL Server is the same in every one,
/// those included that have digits of their own (Persian, Arabic, Thai) or another upper case of `i` (Turkish);
/// and a bucket into which an earlier Sluice has written such digits is as good as any other.
///
/// Not only our own code is looked at: the S3 client and the JDBC driver run under the language too.
@Timeout(180)
class LocaleIT {

    private static final int MIB = 1 << 20;
    private static final Duration AGAIN = Duration.ofSeconds(10);
    private static final Pattern NUMBERS = Pattern.compile("[0-9]+");

    private final Locale before = Locale.getDefault();

    @TempDir
    Path directory;

    @AfterEach
    void restoreTheLanguage() {
        Locale.setDefault(before);
    }

    /// With a provider whose uploads have so few parts that a stripe rolls over.
    private static RestoreBench start(EmbeddedS3 s3, FaultyProxy link) throws Exception {
        return RestoreBench.start(
                ZoneOffset.UTC,
                options -> options.withDatabase("Sales", 12 * MIB),
                options -> Installation.withOnePart(s3, link.endpoint(), 8 * MIB, options));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "ar-EG", "th-TH-u-nu-thai", "tr-TR"})
    void everythingIsWrittenAndReadAsAnywhereElse(String language) throws Exception {
        Locale.setDefault(Locale.forLanguageTag(language));
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory.resolve("s3"), "sluice");
                FaultyProxy link = new FaultyProxy(s3.endpoint());
                RestoreBench bench = start(s3, link)) {
            Installation installation = bench.installation;
            BackupDocument full = bench.backUp(BackupType.FULL, 1);
            BackupDocument striped = bench.backUp("Sales", BackupType.FULL, true, 3);
            bench.work("Sales", 5, 1);
            bench.later(AGAIN);
            bench.backUp(BackupType.DIFFERENTIAL, 2);
            bench.work("Sales", 5, 2);
            bench.later(AGAIN);
            Instant moment = bench.now().minusSeconds(5);
            Map<Long, Long> then = bench.pages("Sales");
            bench.work("Sales", 5, 3);
            bench.later(AGAIN);
            bench.backUp(BackupType.LOG, 2);

            assertThat(installation.entries("Sales")).hasSize(4);
            assertThat(full.stripes().getFirst().segments()).hasSizeGreaterThan(1);
            inventory(bench)
                    .documents()
                    .forEach(document -> assertThat(
                                    verify(installation, document).problems())
                            .isEmpty());
            bench.restore(PlanRequest.to(bench.at(moment)), "Then");
            assertThat(bench.pages("Then")).isEqualTo(then);
            assertThat(installation.engine.join(full).block(Installation.SOON).joined())
                    .isEqualTo(1);
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "End");
            assertThat(installation.server.compare("Sales", "End")).isEmpty();
            List<Path> fetched = installation
                    .engine
                    .fetch(striped, directory.resolve("fetched"))
                    .block(Installation.SOON)
                    .files();
            prune(installation, striped);
            assertThat(installation.recover().findings()).isEmpty();

            assertThat(installation.keys()).hasSize(1 + 2 + 2 + 3).allMatch(LocaleIT::plain);
            assertThat(fetched)
                    .hasSize(3)
                    .allMatch(file -> plain(file.getFileName().toString()));
            for (String key : installation.keys()) {
                if (key.endsWith(".json")) {
                    assertThat(plainDigits(text(installation, key))).as(key).isTrue();
                }
            }
            assertThat(link.requests())
                    .hasSizeGreaterThan(40)
                    .allMatch(request -> plain(request.head().replaceAll("\r\n", "")));
            assertThat(link.requests()).anyMatch(request -> request.head().contains("bytes=0-"));
            assertThat(installation.server.outcomes())
                    .extracting(StatementOutcome::text)
                    .anyMatch(text -> text.contains("-3'"))
                    .allMatch(LocaleIT::plain);
        }
    }

    /// Until it was mended, keys had the digits of the machine's language: those of segments, and the bytes in
    /// an entry's. Such a bucket is made here of an ordinary one, object by object.
    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "ar-EG", "th-TH-u-nu-thai"})
    void aBucketWithSuchDigitsIsReadAsAnyOther(String language) throws Exception {
        Locale old = Locale.forLanguageTag(language);
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory.resolve("s3"), "sluice");
                FaultyProxy link = new FaultyProxy(s3.endpoint());
                RestoreBench bench = start(s3, link)) {
            Installation installation = bench.installation;
            BackupDocument rolled = bench.backUp(BackupType.FULL, 1);
            BackupDocument striped = bench.backUp("Sales", BackupType.FULL, true, 2);
            bench.work("Sales", 5, 1);
            bench.later(AGAIN);
            bench.backUp(BackupType.DIFFERENTIAL, 1);
            bench.work("Sales", 5, 2);
            bench.later(AGAIN);
            Instant moment = bench.now().minusSeconds(5);
            Map<Long, Long> then = bench.pages("Sales");
            bench.work("Sales", 5, 3);
            bench.later(AGAIN);
            BackupDocument undecided = bench.backUp(BackupType.LOG, 1);
            for (BackupDocument document : installation.entries("Sales")) {
                writtenUnder(old, installation, document);
            }
            assertThat(installation.keys()).isNotEmpty().noneMatch(LocaleIT::plain);
            // The program was killed before it could write this entry.
            String entry = installation.keys().stream()
                    .filter(key -> key.contains("/catalog/") && key.contains(undecided.backupId()))
                    .findFirst()
                    .orElseThrow();
            installation
                    .store
                    .put(
                            new Keys("test").pending(undecided.backupId()),
                            text(installation, entry).getBytes(StandardCharsets.UTF_8))
                    .then(installation.store.delete(entry))
                    .block(Installation.SOON);

            assertThat(installation.recover().findings())
                    .extracting(RecoveryReport.Finding::decision)
                    .containsExactly(RecoveryReport.Decision.COMMITTED);
            List<BackupDocument> documents = inventory(bench).documents();
            assertThat(documents).hasSize(4);
            documents.forEach(document ->
                    assertThat(verify(installation, document).problems()).isEmpty());
            bench.restore(PlanRequest.to(bench.at(moment)), "Then");
            assertThat(bench.pages("Then")).isEqualTo(then);
            BackupDocument held = held(documents, rolled);
            assertThat(installation
                            .engine
                            .fetch(held, directory.resolve("fetched"))
                            .block(Installation.SOON)
                            .bytes())
                    .isEqualTo(rolled.bytes());
            assertThat(installation.engine.join(held).block(Installation.SOON).joined())
                    .isEqualTo(1);
            bench.restore(PlanRequest.to(new RestoreTarget.End()), "End");
            assertThat(installation.server.compare("Sales", "End")).isEmpty();
            prune(installation, striped);
            assertThat(bench.backUp(BackupType.LOG, 1).bytes()).isPositive();
            assertThat(inventory(bench).documents()).hasSize(4);
        }
    }

    private static BackupDocument held(List<BackupDocument> documents, BackupDocument wanted) {
        return documents.stream()
                .filter(document -> document.backupId().equals(wanted.backupId()))
                .findFirst()
                .orElseThrow();
    }

    /// What the program as it was would have made of this backup.
    private static void writtenUnder(Locale old, Installation installation, BackupDocument backup) {
        String key = installation.keys().stream()
                .filter(each -> each.contains("/catalog/") && each.contains(backup.backupId()))
                .findFirst()
                .orElseThrow();
        String document = text(installation, key);
        for (BackupDocument.Stripe stripe : backup.stripes()) {
            for (BackupDocument.Segment segment : stripe.segments()) {
                int name = segment.key().lastIndexOf('/') + 1;
                String moved = segment.key().substring(0, name)
                        + NUMBERS.matcher(segment.key().substring(name))
                                .replaceAll(number -> String.format(old, "%03d", Integer.valueOf(number.group())));
                move(installation, segment.key(), moved);
                document = document.replace(segment.key(), moved)
                        .replace(
                                bare(segment.eTag()),
                                bare(installation
                                        .store
                                        .head(moved)
                                        .block(Installation.SOON)
                                        .eTag()));
            }
        }
        String bytes = "_" + backup.bytes() + "_";
        assertThat(key).contains(bytes);
        String moved = key.replace(bytes, String.format(old, "_%d_", backup.bytes()));
        installation
                .store
                .put(moved, document.getBytes(StandardCharsets.UTF_8))
                .then(installation.store.delete(key))
                .block(Installation.SOON);
    }

    private static void move(Installation installation, String from, String to) {
        installation
                .store
                .get(from)
                .flatMap(bytes -> installation.store.put(to, bytes))
                .then(installation.store.delete(from))
                .block(Installation.SOON);
    }

    private static String bare(String eTag) {
        return eTag.replace("\"", "");
    }

    private static Inventory inventory(RestoreBench bench) {
        Inventory inventory = bench.inventory();
        assertThat(inventory.refused()).isEmpty();
        assertThat(inventory.unreadable()).isEmpty();
        return inventory;
    }

    private static VerifyReport verify(Installation installation, BackupDocument document) {
        return installation.engine.verify(document, RunObserver.SILENT).block(Installation.SOON);
    }

    private static void prune(Installation installation, BackupDocument doomed) {
        PruneRequest request = new PruneRequest(
                "Sales",
                (backups, _) -> backups.stream()
                        .map(backup -> new KeepDecision(backup, !backup.id().equals(doomed.backupId()), "chosen"))
                        .toList(),
                false);
        assertThat(installation.engine.prune(request).block(Installation.SOON).backups())
                .filteredOn(entry -> !entry.kept())
                .extracting(PruneReport.Entry::backupId)
                .containsExactly(doomed.backupId());
        assertThat(installation.keys()).noneMatch(key -> key.contains(doomed.backupId()));
    }

    private static String text(Installation installation, String key) {
        return new String(installation.store.get(key).block(Installation.SOON), StandardCharsets.UTF_8);
    }

    private static boolean plain(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    private static boolean plainDigits(String text) {
        return text.codePoints().filter(Character::isDigit).allMatch(c -> c < 128);
    }
}
