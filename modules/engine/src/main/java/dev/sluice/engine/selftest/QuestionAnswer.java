package dev.sluice.engine.selftest;

/// What a self-test can say to an open question.
public sealed interface QuestionAnswer {

    /// What was seen or reason why nothing was.
    String text();

    /// It was seen.
    record Observed(String text) implements QuestionAnswer {}

    /// No client of the interface can see it.
    record NotObservable(String text) implements QuestionAnswer {}

    /// It could be seen, and was not.
    record NotReached(String text) implements QuestionAnswer {}
}
