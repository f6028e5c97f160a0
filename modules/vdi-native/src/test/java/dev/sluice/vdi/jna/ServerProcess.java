package dev.sluice.vdi.jna;

import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.inprocess.VdiBehavior;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// A scripted server as a process of its own: `SET DEVICES BYTES TRANSFER backup|restore`. Says "open" when it has
/// the set. Exit code 0 when the operation was good.
final class ServerProcess {

    private ServerProcess() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Script script = new Script(
                arguments[0],
                Integer.parseInt(arguments[1]),
                arguments[4].equals("backup"),
                Long.parseLong(arguments[2]),
                Integer.parseInt(arguments[3]),
                4);
        var set = new CrossProcessVdi(CrossProcessVdi.defaultDirectory(), VdiBehavior.DEFAULT).newServerSet();
        Outcome outcome = new ScriptedServer(set, script, () -> out.println("open")).run();
        System.exit(outcome.good() ? 0 : 1);
    }
}
