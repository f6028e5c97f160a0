package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.program.ProgramRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Runs a program with the document on its standard input.
///
/// A failed program is not run again: what it has done before it failed is not known.
///
/// @param limit of one run
record CommandChannel(Path program, List<String> arguments, Duration limit) implements Channel {

    CommandChannel {
        arguments = List.copyOf(arguments);
    }

    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        ProgramRun.Result result = new ProgramRun(program, arguments, limit).run(notification.json());
        return result.good() ? new Delivery.Delivered(result.answer()) : new Delivery.Refused(result.answer());
    }
}
