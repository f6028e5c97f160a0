package dev.sluice.sidecar.cli;

import java.io.Console;
import org.jspecify.annotations.Nullable;

/// Asks the person at the terminal.
@FunctionalInterface
interface Prompt {

    /// @return what was typed; null at the end of the input
    @Nullable
    String ask(String question);

    /// The terminal of this process; null where input or output is none.
    static @Nullable Prompt ofTerminal() {
        Console console = System.console();
        return console == null || !console.isTerminal() ? null : question -> console.readLine("%s", question);
    }
}
