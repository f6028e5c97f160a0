package dev.sluice.engine.selftest;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a self-test has seen. It has no secret in it, and no name of a host, a user or another database.
///
/// @param id        the self-test's ULID
/// @param version   Sluice's
/// @param standIn   whether the server is the simulator, so that nothing in the report is a fact about SQL Server
/// @param startedAt by SQL Server's clock
/// @param over      whether the self-test has ended
/// @param cancelled whether a person has ended it
/// @param server    version, edition and the like
/// @param machine   this machine's side of virtual devices
/// @param steps     in order, those that were not reached included
/// @param answers   to the open questions, in order
/// @param sets      the recorded device sets
/// @param setsLeft  how many more there were
/// @param left      what could not be removed: a sentence each
public record SelfTestReport(
        String id,
        String version,
        boolean standIn,
        Instant startedAt,
        boolean over,
        boolean cancelled,
        Map<String, String> server,
        Map<String, String> machine,
        Map<SelfTestStep, StepOutcome> steps,
        Map<OpenQuestion, QuestionAnswer> answers,
        List<RecordedSet> sets,
        long setsLeft,
        List<String> left) {

    public SelfTestReport {
        server = new LinkedHashMap<>(server);
        machine = new LinkedHashMap<>(machine);
        steps = new LinkedHashMap<>(steps);
        answers = new LinkedHashMap<>(answers);
        sets = List.copyOf(sets);
        left = List.copyOf(left);
    }

    /// Whether every step was tried that was meant to, found nothing wrong, and left nothing.
    public boolean sound() {
        return over
                && !cancelled
                && left.isEmpty()
                && steps.values().stream().noneMatch(StepOutcome.Failed.class::isInstance);
    }
}
