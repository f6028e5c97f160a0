package dev.sluice.sidecar;

import dev.sluice.sidecar.cli.Shutdown;
import dev.sluice.sidecar.cli.Sluice;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import tools.jackson.databind.json.JsonMapper;

/// The program for one command after the other in the same process: a start of Java costs more than most commands do.
///
/// It reads a line for each command, a JSON array of its arguments, and answers with a line: the exit code, and what
/// the command printed. A test of the process itself (signals, its end, its memory) needs a [Program] of its own.
final class ResidentProgram {

    private ResidentProgram() {}

    public static void main(String[] arguments) {
        PrintStream answers = System.out;
        Scanner commands = new Scanner(System.in, StandardCharsets.UTF_8);
        while (commands.hasNextLine()) {
            Site.Ended answer = execute(JsonMapper.shared().readValue(commands.nextLine(), String[].class));
            answers.println(JsonMapper.shared().writeValueAsString(answer));
        }
    }

    private static Site.Ended execute(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        Shutdown shutdown = new Shutdown();
        int code = Sluice.commandLine(shutdown).execute(arguments);
        shutdown.closeAll();
        return new Site.Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
