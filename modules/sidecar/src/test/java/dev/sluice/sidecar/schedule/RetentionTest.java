package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.plan.Backup;
import dev.sluice.engine.plan.RecoveryPath;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What a rule keeps. A history is a list of backups, a day apart: `F1` a full backup, `D2=F1` a differential
/// of it, `L3` a log; `+copy`, `+damaged`, `+unconfirmed`, `+missing` say more, `@B` another recovery fork,
/// `@B<A` a log that leads from A into B, `#2` another family. A log begins where the one before it on its fork
/// ended; `!` leaves a gap.
class RetentionTest {

    private static final Instant FIRST = Instant.parse("2026-03-01T00:00:00Z");

    private final Map<String, Long> logEnds = new HashMap<>();
    private long day;

    private List<Backup> history(String text) {
        List<Backup> backups = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
            backups.add(backup(word));
        }
        return backups;
    }

    private Backup backup(String word) {
        day++;
        String[] parts = word.split("(?=[=+@#!<])", -1);
        String id = parts[0];
        String fork = "A";
        String from = null;
        String family = "1";
        String base = null;
        Set<String> words = new java.util.HashSet<>();
        for (int i = 1; i < parts.length; i++) {
            String rest = parts[i].substring(1);
            switch (parts[i].charAt(0)) {
                case '=' -> base = rest;
                case '@' -> fork = rest;
                case '<' -> from = rest;
                case '#' -> family = rest;
                default -> words.add(parts[i]);
            }
        }
        Backup.Kind kind = switch (id.charAt(0)) {
            case 'F' -> Backup.Kind.FULL;
            case 'D' -> Backup.Kind.DIFFERENTIAL;
            default -> Backup.Kind.LOG;
        };
        String chain = family + (from == null ? fork : from);
        long end = day * 10;
        long begin = kind == Backup.Kind.LOG && !words.contains("!") ? logEnds.getOrDefault(chain, end - 9) : end - 1;
        if (kind == Backup.Kind.LOG) {
            logEnds.put(family + fork, end);
        } else {
            logEnds.putIfAbsent(chain, begin);
        }
        Instant finished = FIRST.plus(Duration.ofDays(day));
        return new Backup(
                id,
                "Sales",
                kind,
                words.contains("+copy"),
                words.contains("+unconfirmed") ? new Backup.Place.Unconfirmed() : new Backup.Place.Stored(),
                guid(id),
                guid("family" + family),
                from == null
                        ? RecoveryPath.on(guid(fork))
                        : new RecoveryPath(guid(from), guid(fork), new Lsn(begin, 1, 1)),
                new Lsn(begin, 1, 1),
                new Lsn(end, 1, 1),
                new Lsn(begin, 1, 1),
                base == null ? null : guid(base),
                RecoveryModel.FULL,
                finished.minusSeconds(60),
                finished,
                finished,
                words.contains("+damaged") ? Set.of(Backup.Trait.DAMAGED) : Set.of(),
                1,
                1,
                words.contains("+missing") ? Set.of(1) : Set.of());
    }

    private static UUID guid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private String goes(String history, Integer full, Integer days) {
        List<Backup> backups = history(history);
        Instant now = FIRST.plus(Duration.ofDays(day)).plusSeconds(3600);
        return RetentionRule.decide(backups, new KeepRule(full, days), now).stream()
                .filter(choice -> !choice.kept())
                .map(choice -> choice.backup().id())
                .collect(Collectors.joining(" "));
    }

    @Test
    void theNewestFullsStayWithEverythingBehindThem() {
        assertThat(goes("F1 L2 D3=F1 L4 F5 L6 F7 L8", 2, null)).isEqualTo("F1 L2 D3 L4");
    }

    @Test
    void fewerFullsThanTheRuleKeepsMeanThatNothingGoes() {
        assertThat(goes("F1 L2 F3 L4", 3, 1)).isEmpty();
    }

    @Test
    void everyMomentOfTheLastDaysStaysAndWhatItRestsOn() {
        // Two days back is in L6, which rests on F1 through all logs since.
        assertThat(goes("F1 L2 L3 L4 L5 L6 L7", null, 2)).isEmpty();
        day = 0;
        logEnds.clear();
        assertThat(goes("F1 L2 D3=F1 L4 F5 L6 L7 L8", null, 2)).isEqualTo("F1 L2 D3 L4");
    }

    @Test
    void ofTheWayIntoTheLastDaysALogThatADifferentialSparesGoes() {
        assertThat(goes("F1 L2 L3 D4=F1 L5 L6 L7 L8", null, 2)).isEqualTo("L2 L3");
    }

    @Test
    void bothPromisesAreKept() {
        assertThat(goes("F1 L2 F3 L4 F5 L6 F7 L8 L9", 1, 4)).isEqualTo("F1 L2 F3 L4");
        day = 0;
        logEnds.clear();
        assertThat(goes("F1 L2 F3 L4 F5 L6 F7 L8 L9", 3, 1)).isEqualTo("F1 L2");
    }

    @Test
    void theNewestChainStaysHoweverOldItIs() {
        List<Backup> backups = history("F1 L2 F3 L4");

        assertThat(RetentionRule.decide(backups, new KeepRule(null, 1), FIRST.plus(Duration.ofDays(4000))))
                .filteredOn(KeepDecision::kept)
                .extracting(choice -> choice.backup().id())
                .containsExactly("F3", "L4");
    }

    @Test
    void theNewestOrdinaryFullStaysWhereACopyOnlyOneBeginsTheNewestChain() {
        List<Backup> backups = history("F1 L2 F3 L4 F5+copy L6");

        assertThat(RetentionRule.decide(backups, new KeepRule(null, 1), FIRST.plus(Duration.ofDays(4000))))
                .filteredOn(KeepDecision::kept)
                .extracting(choice -> choice.backup().id())
                .containsExactly("F3", "F5", "L6");
    }

    @Test
    void damagedIncompleteAndCopyOnlyFullsDoNotCount() {
        assertThat(goes("F1 L2 F3 L4 F5+damaged L6 F7+copy L8 F9+missing L10", 1, null))
                .isEqualTo("F1 L2");
        day = 0;
        logEnds.clear();
        assertThat(goes("F1 L2 F3+damaged L4 F5+copy L6 F7 L8", 1, null)).isEqualTo("F1 L2 F3 L4 F5 L6");
    }

    @Test
    void aDamagedNewestFullDoesNotProtectItselfInsteadOfTheOneThatCanBeRestored() {
        List<Backup> backups = history("F1 L2 F3+damaged");

        assertThat(RetentionRule.decide(backups, new KeepRule(1, 1), FIRST.plus(Duration.ofDays(4000))))
                .filteredOn(KeepDecision::kept)
                .extracting(choice -> choice.backup().id())
                .contains("F1", "L2");
    }

    @Test
    void unconfirmedBackupsStayAndDoNotCount() {
        assertThat(goes("F1+unconfirmed F2 L3 F4 L5 F6+unconfirmed", 1, null)).isEqualTo("F2 L3");
    }

    @Test
    void whatAnUnconfirmedBackupRestsOnStaysWithIt() {
        assertThat(goes("F1 L2 D3=F1+unconfirmed F4 L5", 1, null)).isEqualTo("L2");
        day = 0;
        logEnds.clear();
        assertThat(goes("F1 L2 L3+unconfirmed F4 L5", 1, null)).isEmpty();
    }

    @Test
    void aKeptDifferentialKeepsItsBase() {
        // D4 rests on F1 although F2 is newer: somebody restored F1's base, say, and the GUID decides.
        assertThat(goes("F1 F2+copy F3 D4=F1 L5", 1, null)).contains("F2").doesNotContain("F1");
    }

    @Test
    void whatComesBehindAGapKeepsAWayOfItsOwn() {
        assertThat(goes("F1 L2 L3! D4=F1 L5 L6 L7", null, 2)).isEqualTo("L2 L3");
    }

    @Test
    void aForkKeepsWhatItBranchedOffFromAndEveryForkItsOwnNewest() {
        // Restored to the middle of L2's successor and gone on as B, without a full backup of its own yet.
        String gone = goes("F1 L2 F3 L4 L5@B<A L6@B", 1, null);

        assertThat(gone).doesNotContain("L5").doesNotContain("L6").doesNotContain("F3");
        day = 0;
        logEnds.clear();
        assertThat(goes("F1 L2 F3 L4 F5@B L6@B F7@B L8@B", 1, null)).isEqualTo("F1 L2 F5 L6");
    }

    @Test
    void aDatabaseThatWasMadeAnewDoesNotPushTheOldOneOut() {
        assertThat(goes("F1 L2 F3#2 L4#2 F5#2 L6#2", 1, null)).isEqualTo("F3 L4");
    }

    @Test
    void everyChoiceHasItsReason() {
        List<Backup> backups = history("F1 L2 F3 L4 F5 L6");

        assertThat(RetentionRule.decide(backups, new KeepRule(2, 1), FIRST.plus(Duration.ofDays(6))))
                .allSatisfy(choice -> {
                    assertThat(choice.reason()).isNotBlank();
                    if (!choice.kept()) {
                        assertThat(choice.reason())
                                .isEqualTo("older than the newest 2 full backups and the last 1 days");
                    }
                });
    }

    @Test
    void tenThousandBackupsAreDecidedWithinSeconds() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            words.add(i % 288 == 0 ? "F" + i : "L" + i);
        }
        List<Backup> backups = history(String.join(" ", words));
        long before = System.nanoTime();

        List<KeepDecision> choices =
                RetentionRule.decide(backups, new KeepRule(5, 35), FIRST.plus(Duration.ofDays(day)));

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(30));
        assertThat(choices).filteredOn(choice -> !choice.kept()).hasSizeBetween(8_000, 9_000);
    }
}
