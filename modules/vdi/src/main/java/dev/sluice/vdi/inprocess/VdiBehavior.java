package dev.sluice.vdi.inprocess;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// The answers of this implementation to questions that Microsoft's documents leave open or answer in two ways:
///
/// ```java
/// VdiBehavior.DEFAULT.with(Answer.AgentReturns.AT_LAST_CLOSE_DEVICE).withQueueDepth(2)
/// ```
///
/// **Threading:** immutable.
public final class VdiBehavior {

    /// The first answer to every question.
    public static final VdiBehavior DEFAULT = new VdiBehavior(firstAnswers(), 64);

    /// The byte that fills the server's buffer while the client has an [Answer.BufferLoan#ISOLATED_COPY] of it.
    public static final byte POISON = (byte) 0xDB;

    private final Map<Class<?>, Answer> answers;
    private final int queueDepth;

    private VdiBehavior(Map<Class<?>, Answer> answers, int queueDepth) {
        this.answers = Map.copyOf(answers);
        this.queueDepth = queueDepth;
    }

    /// This behavior with another answer to that answer's question.
    public VdiBehavior with(Answer answer) {
        Map<Class<?>, Answer> changed = new HashMap<>(answers);
        changed.put(answer.getClass(), answer);
        return new VdiBehavior(changed, queueDepth);
    }

    /// This behavior with another bound on the commands that wait in a device's queue (Q19); the next SendCommand
    /// is refused because the queue is full.
    public VdiBehavior withQueueDepth(int commands) {
        if (commands < 1) {
            throw new IllegalArgumentException("a device's queue must hold at least 1 command, got " + commands);
        }
        return new VdiBehavior(answers, commands);
    }

    /// Whether this is the answer in force.
    public boolean is(Answer answer) {
        return answer.equals(answers.get(answer.getClass()));
    }

    public int queueDepth() {
        return queueDepth;
    }

    private static Map<Class<?>, Answer> firstAnswers() {
        Map<Class<?>, Answer> first = new HashMap<>();
        for (Class<?> question : Answer.class.getPermittedSubclasses()) {
            first.put(question, (Answer) question.getEnumConstants()[0]);
        }
        return first;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "VdiBehavior[queueDepth=%d, %s]", queueDepth, answers.values());
    }
}
