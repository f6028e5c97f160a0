package dev.sluice.engine.selftest;

import dev.sluice.vdi.VirtualDeviceException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Asks SQL Server what Microsoft's documents leave open about virtual devices.
///
/// What is said is free of times and sizes that differ between two runs, so that equal servers give equal
/// answers.
///
/// **Threading:** one thread, which blocks.
final class VdiQuestions {

    private static final String SERVER_SIDE = "it is between SQL Server and its side of the interface";
    private static final String GUARDED =
            "Sluice's own binding refuses such a call, or hides it, before the library sees it: it could end the process";

    private final VdiSurroundings surroundings;
    private final Runnable goesOn;
    private final BackupQuestions backups;
    private final RestoreQuestions restores;
    private final SetQuestions sets;
    private final BooleanSupplier sawGetError;
    private final Map<OpenQuestion, QuestionAnswer> answers = new EnumMap<>(OpenQuestion.class);

    /// @param sawGetError whether VDC_GetError was among all commands
    /// @param goesOn      throws when the self-test was cancelled
    VdiQuestions(ProbeBench bench, VdiSurroundings surroundings, BooleanSupplier sawGetError, Runnable goesOn) {
        this.surroundings = surroundings;
        this.goesOn = goesOn;
        this.backups = new BackupQuestions(bench);
        this.restores = new RestoreQuestions(bench);
        this.sets = new SetQuestions(bench);
        this.sawGetError = sawGetError;
    }

    Map<OpenQuestion, QuestionAnswer> ask() {
        for (OpenQuestion question : OpenQuestion.values()) {
            ask(question);
        }
        return answers;
    }

    /// @return the answer; empty for what other steps answer
    Optional<QuestionAnswer> ask(OpenQuestion question) {
        goesOn.run();
        Optional<QuestionAnswer> answer = Optional.ofNullable(
                switch (question) {
                    case Q1 -> fromTheMachine(surroundings.timeoutUnit());
                    case Q2 -> observed(backups::openDevice);
                    case Q3, Q4, Q28 -> new QuestionAnswer.NotObservable(SERVER_SIDE);
                    case Q5 -> observed(backups::order);
                    case Q6 -> observed(backups::otherThread);
                    case Q7 -> observed(restores::endOfData);
                    case Q8 -> observed(backups::failedWrite);
                    case Q9 -> observed(() -> backups.complete() + "; on a restore: " + restores.otherCommands());
                    case Q10 -> observed(backups::failedFlush);
                    case Q11 -> observed(backups::failedComplete);
                    case Q12 -> observed(backups::names);
                    case Q13 -> observed(backups::otherCount);
                    case Q15 -> observed(backups::killedWhileHeld);
                    case Q16 -> guarded(backups::afterClose);
                    case Q17 -> guarded(backups::counts);
                    case Q18 -> observed(restores::shortReads);
                    case Q19 -> observed(backups::outstanding);
                    case Q20 -> observed(backups::defaultBuffers);
                    case Q21 -> observed(backups::echo);
                    case Q22 ->
                        observed(() -> sets.latchStats() + "; VDC_GetError was "
                                + (sawGetError.getAsBoolean() ? "sent" : "never sent"));
                    case Q23 -> guarded(sets::reuse);
                    case Q24 -> observed(sets::names);
                    case Q25 -> observed(backups::serverTimeout);
                    case Q26 -> new QuestionAnswer.NotObservable("only the server's SendCommand returns them");
                    case Q27 -> observed(restores::otherCommands);
                    case Q29 -> fromTheMachine(surroundings.symbols());
                    case NOTED_COMPLETION ->
                        new QuestionAnswer.NotObservable(
                                "the client gets 0 in either case, and does not learn which of the two SQL Server took first");
                    case BUFFER_LOAN ->
                        new QuestionAnswer.NotObservable(
                                "to read there is forbidden, and Sluice's leases make it impossible");
                    case SMALL_TRANSFERS -> observed(backups::firstTransfers);
                    case AFTER_THE_PROMISE ->
                        new QuestionAnswer.NotReached("nothing in a self-test makes a statement fail at that moment");
                    case FULL_DISK -> new QuestionAnswer.NotReached("a self-test fills no disk");
                    case PACKAGE_USER -> new QuestionAnswer.NotReached("a self-test installs no SQL Server");
                    case LOGIN_SCRIPT -> new QuestionAnswer.NotReached("a self-test makes no login");
                    case FILES_OF_DISK -> new QuestionAnswer.NotReached("a self-test writes no file on the server");
                    case Q14, CHECKDB_MESSAGES, FORK_POINT, STOP_AT_LSN, BROKER_GUID -> null;
                });
        answer.ifPresent(given -> answers.put(question, given));
        return answer;
    }

    private static QuestionAnswer fromTheMachine(Optional<String> text) {
        return text.<QuestionAnswer>map(QuestionAnswer.Observed::new)
                .orElseGet(() -> new QuestionAnswer.NotObservable(
                        "the question is about the library for Linux, and there is none here"));
    }

    private QuestionAnswer guarded(Supplier<String> question) {
        return surroundings.guardsCalls() ? new QuestionAnswer.NotObservable(GUARDED) : observed(question);
    }

    private static QuestionAnswer observed(Supplier<String> question) {
        try {
            return new QuestionAnswer.Observed(question.get());
        } catch (SelfTestFailed | VirtualDeviceException e) {
            return new QuestionAnswer.NotReached(String.valueOf(e.getMessage()));
        }
    }
}
