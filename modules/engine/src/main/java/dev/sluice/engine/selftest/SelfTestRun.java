package dev.sluice.engine.selftest;

import dev.sluice.catalog.ScratchNote;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.prove.DrillLock;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.StepRuns;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// A self-test of SQL Server, of this machine's virtual devices and of Sluice together, on a scratch database.
///
/// It changes nothing but what it makes: the scratch database and copies restored from it, which are noted in
/// the bucket before they are created as those of drills are, and objects in a directory of its own. All of it
/// is removed at the end, also after a failed step and after a cancel; after a crash, by the next drill,
/// self-test or `recover`. There is one at a time on a server, and no drill beside it.
///
/// A step that finds something is told in the report, and the self-test goes on. It fails as a whole only where
/// it cannot begin.
public final class SelfTestRun extends Run<SelfTestReport> {

    private static final Logger log = LoggerFactory.getLogger(SelfTestRun.class);

    private final Environment env;
    private final SelfTestOrder order;
    private final SelfTestObserver observer;
    private final String id;
    private final RecordedDeviceSets sets;
    private final StepRuns runs;
    private final SelfTestWork work;
    private final SelfTestSteps steps;
    private final PrivateNames names;
    private final VdiSurroundings surroundings;
    private final Map<SelfTestStep, StepOutcome> outcomes = new EnumMap<>(SelfTestStep.class);
    private final Map<OpenQuestion, QuestionAnswer> answers = new EnumMap<>(OpenQuestion.class);
    private final List<String> left = new CopyOnWriteArrayList<>();
    private Map<String, String> machine = Map.of();
    private Instant startedAt = Instant.EPOCH;

    public SelfTestRun(
            Environment env,
            StepRuns.Starter starter,
            SelfTestOrder order,
            VdiSurroundings surroundings,
            ClientProcesses clients,
            Ulid ulids,
            SelfTestObserver observer) {
        String id = ulids.next();
        super("sluice-self-test-" + id);
        this.env = env;
        this.order = order;
        this.surroundings = surroundings;
        this.observer = observer;
        this.id = id;
        this.names = new PrivateNames(env);
        this.sets = new RecordedDeviceSets(env.deviceSets());
        this.runs = new StepRuns(starter, blocking());
        this.work = new SelfTestWork(env, sets, runs, blocking(), observer, ulids, id, left::add);
        this.steps = new SelfTestSteps(
                env.server(), order, surroundings, clients, blocking(), ulids, id, sets, work, names, answers);
    }

    @Override
    protected SelfTestReport steps() {
        try (SqlSession control = env.server().connect();
                DrillLock _ = DrillLock.take(control, env, blocking())) {
            work.scratch().dropLeftovers(left::add).forEach(this::found);
            startedAt = ServerFacts.read(control).now();
            machine = new TreeMap<>(surroundings.facts());
            machine.replaceAll((_, value) -> names.hidden(value));
            try {
                for (SelfTestStep step : SelfTestStep.values()) {
                    if (step != SelfTestStep.REMOVE) {
                        step(step);
                    }
                }
            } finally {
                remove();
            }
            SelfTestReport report = report(true);
            observer.report(report);
            log.atInfo()
                    .addKeyValue("id", id)
                    .addKeyValue("sound", report.sound())
                    .log("self-test ended");
            return report;
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, work.source());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private void found(Leftover leftover) {
        observer.found(leftover);
        if (!leftover.dropped()) {
            left.add("database %s: %s".formatted(leftover.database(), leftover.text()));
        }
    }

    // ---- how a step runs ----

    private void step(SelfTestStep step) {
        String unsuitable = steps.unsuitable(step);
        List<SelfTestStep> missing = step.needs().stream()
                .filter(needed -> !(outcomes.get(needed) instanceof StepOutcome.Passed))
                .toList();
        if (isCancelled()) {
            skip(step, "the self-test was cancelled before");
        } else if (!missing.isEmpty()) {
            skip(step, "it rests on the step " + missing.getFirst().text());
        } else if (unsuitable != null) {
            skip(step, unsuitable);
        } else {
            run(step);
        }
    }

    private void run(SelfTestStep step) {
        observer.began(step);
        sets.step(step.text());
        List<String> evidence = new ArrayList<>();
        long began = System.nanoTime();
        AtomicBoolean overdue = new AtomicBoolean();
        Disposable deadline = Mono.delay(step.deadline()).subscribe(_ -> {
            overdue.set(true);
            runs.cancel();
        });
        StepOutcome outcome;
        try {
            steps.run(step, evidence);
            outcome = new StepOutcome.Passed(seconds(began), evidence);
        } catch (CancellationException e) {
            outcome = new StepOutcome.Failed(seconds(began), evidence, "it was cancelled");
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("step", step.text())
                    .setCause(e)
                    .log("a step of the self-test has found something");
            String what = e instanceof OperationFailed failure ? failure.what() : String.valueOf(e.getMessage());
            outcome = new StepOutcome.Failed(
                    seconds(began),
                    evidence,
                    overdue.get() ? "not done within " + step.deadline() + ": " + what : what);
        } finally {
            deadline.dispose();
        }
        ended(step, outcome);
    }

    private static double seconds(long beganNanos) {
        return (System.nanoTime() - beganNanos) / 1e9;
    }

    private void skip(SelfTestStep step, String why) {
        ended(step, new StepOutcome.Skipped(why));
    }

    private void ended(SelfTestStep step, StepOutcome outcome) {
        outcomes.put(step, outcome);
        observer.ended(step, outcome);
        observer.report(report(false));
    }

    private SelfTestReport report(boolean over) {
        Map<SelfTestStep, StepOutcome> all = new EnumMap<>(SelfTestStep.class);
        for (SelfTestStep step : SelfTestStep.values()) {
            all.put(step, names.hidden(outcomes.getOrDefault(step, new StepOutcome.Skipped("not reached"))));
        }
        Map<OpenQuestion, QuestionAnswer> every = new EnumMap<>(OpenQuestion.class);
        for (OpenQuestion question : OpenQuestion.values()) {
            every.put(
                    question,
                    names.hidden(
                            answers.getOrDefault(question, new QuestionAnswer.NotReached("its step was not reached"))));
        }
        return new SelfTestReport(
                id,
                env.version(),
                steps.isStandIn(),
                startedAt,
                over,
                isCancelled(),
                steps.facts(),
                machine,
                all,
                every,
                sets.recorded(),
                sets.leftOut(),
                names.hidden(left));
    }

    // ---- the end ----

    /// Runs in any case, also after a cancel.
    private void remove() {
        ScratchNote made = steps.note();
        if (made == null) {
            return;
        }
        int before = left.size();
        long began = System.nanoTime();
        observer.began(SelfTestStep.REMOVE);
        try {
            if (order.keep()) {
                made = work.scratch().keepingObjects(made);
            }
            work.drop(made);
        } catch (S3Failure e) {
            left.add("the note about database %s cannot be written: %s".formatted(made.scratch(), e.getMessage()));
        }
        ended(
                SelfTestStep.REMOVE,
                left.size() > before
                        ? new StepOutcome.Failed(seconds(began), List.of(), left.get(before))
                        : new StepOutcome.Passed(
                                seconds(began),
                                List.of(
                                        order.keep()
                                                ? "the scratch database is gone; the backups stay below "
                                                        + work.own()
                                                                .catalog()
                                                                .keys()
                                                                .root()
                                                : "the scratch database, its backups and its note are gone")));
    }
}
