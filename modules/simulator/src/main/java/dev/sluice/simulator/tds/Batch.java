package dev.sluice.simulator.tds;

import java.util.List;

/// SQL text with the values of its parameters.
///
/// Plain batches have no parameters. Prepared statements arrive as the text they were prepared from, whichever
/// of `sp_executesql`, `sp_prepexec` and `sp_execute` the client used. A call of any other procedure arrives as
/// the `EXEC` statement that says the same.
public record Batch(String text, List<Parameter> parameters) {

    public Batch {
        parameters = List.copyOf(parameters);
    }

    public static Batch of(String text) {
        return new Batch(text, List.of());
    }
}
