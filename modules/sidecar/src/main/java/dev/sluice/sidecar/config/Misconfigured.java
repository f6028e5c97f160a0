package dev.sluice.sidecar.config;

import java.util.List;
import java.util.stream.Collectors;

/// The configuration cannot be used. Carries every mistake that was found, not just the first.
public final class Misconfigured extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final transient List<Problem> problems;

    Misconfigured(String file, List<Problem> problems) {
        this.file = file;
        this.problems = List.copyOf(problems);
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }

    public String file() {
        return file;
    }

    public List<Problem> problems() {
        return problems;
    }
}
