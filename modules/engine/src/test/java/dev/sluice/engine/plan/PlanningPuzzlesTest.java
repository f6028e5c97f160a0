package dev.sluice.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Step;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.plan.RestoringDatabase.Stopped;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What is planned from which backups. [Histories] says how to read the second column; in the last one stand
/// the backups in the order in which they are restored, `stop` where STOPAT is said, `recover` where a
/// statement of its own opens the database, `spare` what follows only if SQL Server has not met the stop,
/// `open` where the database is opened if it has not met it even then; `no:` is a refusal, with words that it
/// contains, and `but:` words of what is told beside the plan.
class PlanningPuzzlesTest {

    private static final String PUZZLES = """
        -- The ordinary chain
        a full backup alone                     | F1@9:00[100-110]                                                                          | end   | F1 recover
        logs to their end                       | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | end   | F1 L1 L2 recover
        an instant within a log                 | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | 9:45  | F1 L1 L2 stop open
        the newest differential of that full    | F1@9:00[100-110] D1@9:20[150-160] of=F1 D2@9:40[210-220] of=F1 L1@9:30[90-200] L2@10:00[200-300] | end | F1 D2 L2 recover
        a differential behind the instant       | F1@9:00[100-110] D1@9:40[210-220] of=F1 L1@9:30[90-200] L2@10:00[200-300]                 | 9:35  | F1 L1 L2 stop open
        the newest full before the instant      | F1@9:00[100-110] F2@9:40[210-220] L1@9:30[90-200] L2@10:00[200-300]                       | 9:45  | F2 L2 stop open
        an instant inside a data backup         | F1@9:00[100-110] L1@9:30[90-200] F2@9:50[210-260] since=9:31 L2@10:00[200-300]            | 9:45  | F1 L1 L2 stop open
        logs wholly before the full are skipped | L0@8:30[50-95] F1@9:00[100-110] L1@9:30[95-200]                                           | end   | F1 L1 recover
        a log that ends where the full ends     | F1@9:00[100-110] L1@9:05[90-110] L2@9:30[110-200]                                         | end   | F1 L2 recover
        an empty log in the middle              | F1@9:00[100-110] L1@9:30[90-200] L2@9:40[200-200] L3@10:00[200-300]                       | end   | F1 L1 L3 recover
        an empty log proves a quiet time        | F1@9:00[100-110] L1@9:30[90-200] L2@9:40[200-200]                                         | 9:35  | F1 L1 recover
        the end of a log, by its LSN            | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | lsn 200 | F1 L1 recover
        an LSN within a log                     | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | lsn 250 | F1 L1 L2 stop recover
        one backup by its id                    | F1@9:00[100-110] D1@9:20[150-160] of=F1 L1@9:30[90-200]                                   | backup D1 | F1 D1 recover
        a log by its id                         | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | backup L1 | F1 L1 recover

        -- How well an instant is known
        while the log backup ran                | F1@9:00[100-110] L1@9:30[90-200] since=9:10 L2@10:00[200-300]                             | 9:20  | F1 L1 stop spare L2 open
        while the last log backup ran           | F1@9:00[100-110] L1@9:30[90-200] since=9:10                                               | 9:20  | F1 L1 stop but: SQL Server will say
        the last record of the log is known     | F1@9:00[100-110] L1@9:30[90-200] since=9:10 last=9:25 L2@10:00[200-300] last=9:50         | 9:20  | F1 L1 stop
        behind the last record, before the end  | F1@9:00[100-110] L1@9:30[90-200] since=9:10 last=9:15 L2@10:00[200-300] last=9:50         | 9:20  | F1 L1 L2 stop
        behind the last record of the newest    | F1@9:00[100-110] L1@9:30[90-200] last=9:15                                                | 9:20  | F1 L1 recover
        that one, while it ran                  | F1@9:00[100-110] L1@9:30[90-200] since=9:18 last=9:15                                     | 9:20  | no: no log backup reaches so far
        all of it, with bulk-logged changes     | F1@9:00[100-110] L1@9:30[90-200] last=9:15 bulk                                           | 9:20  | F1 L1 recover
        the one after it has begun behind it    | F1@9:00[100-110] L1@9:30[90-200] since=9:10 L2@10:00[200-300] since=9:35                  | 9:20  | F1 L1 stop spare L2 open
        before the first full ended             | F1@9:00[100-110] L1@9:30[90-200]                                                          | 8:30  | no: no full backup ended before that point
        behind the last log                     | F1@9:00[100-110] L1@9:30[90-200]                                                          | 9:45  | no: the last one ends at LSN 200:1:1
        behind the last log, before its full    | F1@9:00[100-110]                                                                          | 9:45  | no: the last one ends at LSN 110:1:1

        -- Something is missing
        a gap                                   | F1@9:00[100-110] L1@9:30[90-200] L3@10:30[300-400]                                        | 10:15 | no: from 200:1:1
        a gap before the end                    | F1@9:00[100-110] L1@9:30[90-200] L3@10:30[300-400]                                        | end   | F1 L1 recover but: from 200:1:1
        a gap that a full backup bridges        | F1@9:00[100-110] L1@9:30[90-200] F2@10:10[310-320] L3@10:30[300-400]                      | 10:15 | F2 L3 stop open
        a gap that a differential bridges       | F1@9:00[100-110] L1@9:30[90-200] D1@10:10[310-320] of=F1 L3@10:30[300-400]                | 10:15 | F1 D1 L3 stop open
        somebody else has the log               | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300] elsewhere L3@10:30[300-400]            | 10:15 | no: dba took it to D:\\dba.bak
        a differential of somebody else's full  | F1@9:00[100-110] F2@9:15[120-130] elsewhere D1@9:20[150-160] of=F2 L1@9:30[90-200]        | end   | F1 L1 recover
        only such a differential                | F2@9:15[120-130] elsewhere D1@9:20[150-160] of=F2                                         | 9:25  | no: there is no full backup to begin with
        a missing stripe of a log               | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300] missing=2/3                            | 9:45  | no: stripe 2 of 3 is missing
        a missing stripe of the newest full     | F1@9:00[100-110] F2@9:20[150-160] missing=2/2 L1@9:30[90-200]                             | end   | F1 L1 recover
        a damaged differential                  | F1@9:00[100-110] D1@9:20[150-160] of=F1 D2@9:25[170-180] of=F1 damaged L1@9:30[90-200]    | end   | F1 D1 L1 recover
        a damaged full and no other             | F1@9:00[100-110] damaged L1@9:30[90-200]                                                  | end   | no: SQL Server has marked it damaged
        a snapshot is no stream                 | F1@9:00[100-110] F2@9:20[150-160] snapshot L1@9:30[90-200]                                | end   | F1 L1 recover
        a partial backup is refused             | P1@9:00[100-110] L1@9:30[90-200]                                                          | end   | no: single files or filegroups

        -- Copy-only
        a copy-only full carries logs           | F1@9:00[100-110] copy L1@9:30[90-200]                                                     | end   | F1 L1 recover
        but no differentials                    | F1@9:00[100-110] F2@9:10[120-130] copy D1@9:20[150-160] of=F1 L1@9:30[90-200]             | end   | F1 D1 L1 recover
        a copy-only log is not needed           | F1@9:00[100-110] L1@9:30[90-200] L2@9:40[90-250] copy L3@10:00[200-300]                   | end   | F1 L1 L3 recover
        but it helps where one is missing       | F1@9:00[100-110] L2@9:40[90-250] copy L3@10:00[200-300]                                   | end   | F1 L2 L3 recover

        -- Recovery models
        simple recovery, to the end             | F1@9:00[100-110] simple D1@9:20[150-160] of=F1 simple                                     | end   | F1 D1 recover
        simple recovery knows no instants       | F1@9:00[100-110] simple D1@9:20[150-160] of=F1 simple                                     | 9:10  | no: SIMPLE recovery
        to SIMPLE and back                      | F1@9:00[100-110] L1@9:30[90-200] D1@10:10[320-330] of=F1 L2@10:30[310-400] restarts       | end   | F1 D1 L2 recover
        to SIMPLE and back, between             | F1@9:00[100-110] L1@9:30[90-200] D1@10:10[320-330] of=F1 L2@10:30[310-400] restarts       | 9:50  | no: the log chain began anew
        bulk-logged changes cannot be cut       | F1@9:00[100-110] L1@9:30[90-200] bulk                                                     | 9:20  | no: bulk-logged changes
        but they can be restored whole          | F1@9:00[100-110] L1@9:30[90-200] bulk L2@10:00[200-300]                                   | 9:45  | F1 L1 L2 stop open

        -- Recovery forks: restored in place to 150, then on
        the new fork, to its end                | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[90-250] into=B:150                              | end   | F1 L2 recover
        the old fork, while it lived            | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[90-250] into=B:150                              | 9:20  | F1 L1 stop open
        never across, though the LSNs fit       | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300] fork=B                                 | backup L2 | no: there is no full backup to begin with
        equal LSNs of two forks                 | F1@9:00[100-110] L1@9:30[90-200] F2@9:40[160-170] fork=B L2@10:00[160-200] fork=B L3@10:30[200-300] fork=B | end | F2 L2 L3 recover
        the lost end of the old fork            | F1@9:00[100-110] L0@9:10[90-140] F2@9:35[155-160] L2@10:00[140-250] into=B:150            | 9:20  | no: the last one ends at LSN 140:1:1
        which fork it was on, nobody knows      | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[90-250] into=B:150                              | 9:40  | F1 L2 stop open but: no backup says when
        a backup of the new fork tells          | F1@9:00[100-110] L1@9:30[90-200] F2@9:38[155-160] fork=B L2@10:00[90-250] into=B:150      | 9:40  | F2 L2 stop open
        and so does the log that ran already    | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[90-250] into=B:150 since=9:35                   | 9:40  | F1 L2 stop but: SQL Server will say
        a differential carries over             | F1@9:00[100-110] L1@9:30[90-200] D1@9:40[160-170] of=F1 fork=B L2@10:00[160-300] fork=B   | end   | F1 D1 L2 recover
        a full taken behind the fork point      | F2@9:40[160-170] fork=B L2@10:00[90-250] into=B:150                                       | end   | F2 L2 recover

        -- Dropped and created again under one name
        the old one, while it lived             | F1@9:00[100-110] L1@9:30[90-200] F2@10:00[100-110] family=2 fork=X L2@10:30[90-200] family=2 fork=X | 9:20 | F1 L1 stop open
        the new one                             | F1@9:00[100-110] L1@9:30[90-200] F2@10:00[100-110] family=2 fork=X L2@10:30[90-200] family=2 fork=X | 10:20 | F2 L2 stop open
        neither, between the two                | F1@9:00[100-110] L1@9:30[90-200] F2@10:00[100-110] family=2 fork=X L2@10:30[90-200] family=2 fork=X | 9:45 | no: no log backup reaches so far
        the end is the new one's                | F1@9:00[100-110] L1@9:30[90-200] F2@10:00[100-110] family=2 fork=X                        | end   | F2 recover

        -- Verdicts that Sluice did not hear
        not used unasked                        | F1@9:00[100-110] L1@9:30[90-200] unconfirmed                                              | 9:20  | no: it is unconfirmed
        used when asked                         | F1@9:00[100-110] L1@9:30[90-200] unconfirmed                                              | unconfirmed 9:20 | F1 L1 stop open but: Sluice has not heard SQL Server call it good
        used when named                         | F1@9:00[100-110] L1@9:30[90-200] unconfirmed                                              | backup L1 | F1 L1 recover but: Sluice has not heard

        -- Going on
        behind the last one restored            | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1 end | L2 recover
        a differential can still come           | F1@9:00[100-110] D1@9:20[150-160] of=F1 L1@9:30[90-200]                                   | after F1 end | D1 L1 recover
        all of it is there already              | F1@9:00[100-110] L1@9:30[90-200]                                                          | after L1 end | recover
        beyond the instant already              | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1 9:20 | no: rolled forward beyond
        from within a log to the end of it      | F1@9:00[100-110] L1@9:30[90-200]                                                          | after L1:9:10 end | L1 recover
        from within a log, and on               | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:9:10 end | L1 L2 recover
        from within a log to later within it    | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:9:10 9:20 | L1 stop open
        but not back within it                  | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:9:10 9:05 | no: rolled forward beyond
        a stop behind the log is none           | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:9:40 end | L2 recover
        a stop behind the last record is none   | F1@9:00[100-110] L1@9:30[90-200] last=9:15 L2@10:00[200-300] last=9:55                    | after L1:9:20 end | L2 recover
        a mark may be anywhere in the log       | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:mark end | L1 L2 recover
        and nobody knows when it was            | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:mark 9:20 | no: or may have been
        from a mark to a later log              | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:mark 9:45 | L1 L2 stop open
        from a mark to an LSN                   | F1@9:00[100-110] L1@9:30[90-200] L2@10:00[200-300]                                        | after L1:mark lsn 150 | L1 stop recover
        within a log that is lost               | F1@9:00[100-110] L1@9:30[90-200] missing=1/1 L2@10:00[200-300]                            | after L1:9:10 end | no: needs the rest
        within a data backup there is nothing   | F1@9:00[100-110] L1@9:30[90-200]                                                          | after F1:8:59 end | L1 recover
        """;

    @TestFactory
    Stream<DynamicTest> everyPuzzleHasItsAnswer() {
        return PUZZLES.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("--"))
                .map(line -> line.split("\\|", -1))
                .map(cells -> DynamicTest.dynamicTest(
                        cells[0].strip(), () -> solve(cells[1].strip(), cells[2].strip(), cells[3].strip())));
    }

    private static void solve(String history, String wanted, String expected) {
        List<Backup> backups = new ArrayList<>(Histories.read(history));
        // The order in which backups are found means nothing.
        Collections.shuffle(backups, new Random(history.hashCode()));

        String answer = told(new Planner(backups).plan(request(wanted)));

        if (expected.startsWith("no:")) {
            assertThat(answer).startsWith("no:").contains(expected.substring(3).strip());
            return;
        }
        String[] parts = expected.split("but:", -1);
        assertThat(answer.split(" but: ", -1)[0]).isEqualTo(parts[0].strip());
        if (parts.length > 1) {
            assertThat(answer).contains(parts[1].strip());
        } else {
            assertThat(answer).doesNotContain(" but: ");
        }
    }

    private static PlanRequest request(String wanted) {
        if (wanted.startsWith("after ")) {
            String[] words = wanted.split(" ", 3);
            return PlanRequest.to(target(words[2])).continuing(standing(words[1].split(":", 2)));
        }
        return wanted.startsWith("unconfirmed ")
                ? PlanRequest.to(target(wanted.substring(12))).withUnconfirmed()
                : PlanRequest.to(target(wanted));
    }

    /// `L1`, `L1:9:20` where it was told to stop at that instant, `L1:mark` at a mark.
    private static RestoringDatabase standing(String[] words) {
        return new RestoringDatabase(
                Histories.guid(words[0]),
                words.length == 1
                        ? new Stopped.Nowhere()
                        : words[1].equals("mark") ? new Stopped.Somewhere() : new Stopped.At(Histories.time(words[1])));
    }

    private static RestoreTarget target(String wanted) {
        if (wanted.equals("end")) {
            return new RestoreTarget.End();
        }
        if (wanted.startsWith("lsn ")) {
            return new RestoreTarget.Before(Histories.lsn(wanted.substring(4)));
        }
        if (wanted.startsWith("backup ")) {
            return new RestoreTarget.Through(wanted.substring(7));
        }
        return new RestoreTarget.At(
                Histories.time(wanted), LocalDateTime.ofInstant(Histories.time(wanted), ZoneOffset.UTC));
    }

    static String told(Planning planning) {
        return switch (planning) {
            case Planning.Unreachable no -> "no: %s %s".formatted(no.why(), findings(no.findings()));
            case RestorePlan plan -> {
                List<String> words = new ArrayList<>();
                Stop stop = new Stop.Nowhere();
                for (Step step : plan.steps()) {
                    switch (step) {
                        case Step.Restore restore -> {
                            words.add(restore.backup().id());
                            stop = restore.stop();
                        }
                        case Step.Recover _ -> {}
                    }
                }
                if (!(stop instanceof Stop.Nowhere)) {
                    words.add("stop");
                }
                if (plan.steps().getLast() instanceof Step.Recover) {
                    words.add("recover");
                }
                spare(plan, words);
                assertStatementsAreOfOneSequence(plan, stop);
                yield String.join(" ", words) + (plan.findings().isEmpty() ? "" : " but: " + findings(plan.findings()));
            }
        };
    }

    /// The same stop on each, and nothing but the last opens the database.
    private static void assertStatementsAreOfOneSequence(RestorePlan plan, Stop stop) {
        for (int i = 0; i < plan.steps().size(); i++) {
            boolean last = i == plan.steps().size() - 1;
            if (plan.steps().get(i) instanceof Step.Restore restore) {
                assertThat(restore.stop()).isEqualTo(stop);
                assertThat(restore.recovery() instanceof Recovery.NoRecovery).isEqualTo(!last);
            } else {
                assertThat(last).isTrue();
            }
        }
        for (Step step : plan.spare()) {
            switch (step) {
                case Step.Restore restore -> assertThat(restore.stop()).isEqualTo(stop);
                case Step.Recover _ -> assertThat(step).isSameAs(plan.spare().getLast());
            }
        }
    }

    private static void spare(RestorePlan plan, List<String> words) {
        List<String> spare = new ArrayList<>();
        boolean opens = false;
        for (Step step : plan.spare()) {
            switch (step) {
                case Step.Restore restore -> spare.add(restore.backup().id());
                case Step.Recover _ -> opens = true;
            }
        }
        if (!spare.isEmpty()) {
            words.add("spare");
            words.addAll(spare);
        }
        if (opens) {
            words.add("open");
        }
    }

    private static String findings(List<PlanFinding> findings) {
        return findings.stream().map(PlanFinding::text).collect(Collectors.joining("; "));
    }
}
