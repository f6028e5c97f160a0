package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Histories of backups in short: `F1@9:00[100-110]` is a full backup that ended at nine, having begun a minute
/// before, with the log records from 100 to (not including) 110.
///
/// The letter is the type: F full, D differential, L log, P partial. Words behind it say the rest: `of=F1` the base
/// of a differential, `fork=B` (A if not said), `into=B:150` the fork point within a log, `family=2`, `copy`,
/// `damaged`, `snapshot`, `bulk`, `simple`, `restarts` (begins_log_chain), `unconfirmed`, `elsewhere` (in msdb only),
/// `missing=2/3` a stripe, `last=9:28` when the last record in it was written, `since=8:00` when it began.
final class Histories {

    private static final Pattern BACKUP =
            Pattern.compile("([FDLP])(\\w+)@(\\d+:\\d\\d)\\[(\\d+)-(\\d+)]((?:\\s+[a-z]+(?:=[\\w:/]+)?)*)");

    private Histories() {}

    static List<Backup> read(String history) {
        List<Backup> backups = new ArrayList<>();
        Matcher matcher = BACKUP.matcher(history);
        StringBuilder rest = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(rest, "");
            backups.add(backup(matcher));
        }
        matcher.appendTail(rest);
        if (!rest.toString().replace(",", "").isBlank()) {
            throw new IllegalArgumentException("not understood: " + rest);
        }
        return backups;
    }

    private static Backup backup(Matcher matcher) {
        String id = matcher.group(1) + matcher.group(2);
        Map<String, String> words = new HashMap<>();
        for (String word : matcher.group(6).strip().split("\\s+", -1)) {
            words.put(word.replaceAll("=.*", ""), word.replaceAll("^[^=]*=?", ""));
        }
        Instant finished = time(matcher.group(3));
        String fork = words.getOrDefault("fork", "A");
        RecoveryPath path = RecoveryPath.on(guid("fork " + fork));
        if (words.containsKey("into")) {
            String[] into = words.get("into").split(":", -1);
            path = new RecoveryPath(guid("fork " + fork), guid("fork " + into[0]), lsn(into[1]));
        }
        Set<Integer> missing = Set.of();
        int stripes = 1;
        if (words.containsKey("missing")) {
            String[] numbers = words.get("missing").split("/", -1);
            missing = Set.of(Integer.parseInt(numbers[0]));
            stripes = Integer.parseInt(numbers[1]);
        }
        Set<Backup.Trait> traits = EnumSet.noneOf(Backup.Trait.class);
        Map.of(
                        "damaged", Backup.Trait.DAMAGED,
                        "snapshot", Backup.Trait.SNAPSHOT,
                        "bulk", Backup.Trait.BULK_LOGGED,
                        "restarts", Backup.Trait.BEGINS_LOG_CHAIN)
                .forEach((word, trait) -> {
                    if (words.containsKey(word)) {
                        traits.add(trait);
                    }
                });
        return new Backup(
                id,
                words.getOrDefault("name", "Sales"),
                switch (matcher.group(1)) {
                    case "F" -> Backup.Kind.FULL;
                    case "D" -> Backup.Kind.DIFFERENTIAL;
                    case "L" -> Backup.Kind.LOG;
                    default -> Backup.Kind.PARTIAL;
                },
                words.containsKey("copy"),
                words.containsKey("elsewhere")
                        ? new Backup.Place.Elsewhere("D:\\dba.bak", "dba")
                        : words.containsKey("unconfirmed") ? new Backup.Place.Unconfirmed() : new Backup.Place.Stored(),
                guid(id),
                guid("family " + words.getOrDefault("family", "1")),
                path,
                lsn(matcher.group(4)),
                lsn(matcher.group(5)),
                lsn(matcher.group(4)),
                words.containsKey("of") ? guid(words.get("of")) : null,
                words.containsKey("simple") ? RecoveryModel.SIMPLE : RecoveryModel.FULL,
                words.containsKey("since") ? time(words.get("since")) : finished.minus(Duration.ofMinutes(1)),
                finished,
                words.containsKey("last") ? time(words.get("last")) : null,
                traits,
                1_000,
                stripes,
                missing);
    }

    static UUID guid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    static Lsn lsn(String number) {
        return new Lsn(Long.parseLong(number), 1, 1);
    }

    /// A time of the one day on which all of this happens.
    static Instant time(String hourAndMinute) {
        return Instant.parse(
                "2026-03-02T%5sZ".formatted(hourAndMinute).replace(' ', '0').replace("Z", ":00Z"));
    }
}
