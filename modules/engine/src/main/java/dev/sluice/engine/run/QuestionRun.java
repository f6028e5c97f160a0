package dev.sluice.engine.run;

import java.util.function.Function;

/// A question to bucket and server that changes nothing, as a run: it has a thread of its own to wait on, and a cancel
/// ends it.
public final class QuestionRun<T> extends Run<T> {

    private final Function<Blocking, T> question;

    /// @param name of the thread
    public QuestionRun(String name, Function<Blocking, T> question) {
        super(name);
        this.question = question;
    }

    @Override
    protected T steps() {
        return question.apply(blocking());
    }
}
