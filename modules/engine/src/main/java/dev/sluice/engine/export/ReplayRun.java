package dev.sluice.engine.export;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Runs an export on the configured server: what is there already stays, and what the server refuses holds up
/// nothing else.
public final class ReplayRun extends Run<ReplayReport> {

    /// Runs only when the databases are back.
    static final String ENABLE_JOBS = "08-enable-jobs.sql";

    private final Environment env;
    private final ExportSource source;
    private final Passphrase passphrase;
    private final boolean enableJobs;
    private final Consumer<ExportOrigin> before;

    /// @param enableJobs whether jobs that were enabled are enabled
    /// @param before     gets what is about to be run, in the run's thread
    public ReplayRun(
            Environment env,
            ExportSource source,
            Passphrase passphrase,
            boolean enableJobs,
            Consumer<ExportOrigin> before,
            String id) {
        super("sluice-replay-" + id);
        this.env = env;
        this.source = source;
        this.passphrase = passphrase;
        this.enableJobs = enableJobs;
        this.before = before;
    }

    @Override
    protected ReplayReport steps() {
        InstanceArchive archive = ExportReading.opened(source, passphrase, env, blocking());
        before.accept(archive.origin());
        List<ReplayReport.Replayed> files = new ArrayList<>();
        List<ReplayReport.Refused> failed = new ArrayList<>();
        List<String> messages = new ArrayList<>();
        try (SqlSession session = env.server().connect()) {
            for (String file : archive.scripts()) {
                if (file.equals(ENABLE_JOBS) && !enableJobs) {
                    continue;
                }
                List<String> batches = ExportFile.batches(archive.files().getOrDefault(file, ""));
                int before = failed.size();
                for (int i = 0; i < batches.size(); i++) {
                    throwIfCancelled();
                    run(session, file, i + 1, batches.get(i), failed, messages);
                }
                files.add(new ReplayReport.Replayed(file, batches.size(), failed.size() - before));
            }
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "master");
        }
        return new ReplayReport(
                archive.origin(), files, failed, messages, archive.files().getOrDefault(InstanceArchive.READ_ME, ""));
    }

    private void run(
            SqlSession session,
            String file,
            int number,
            String batch,
            List<ReplayReport.Refused> failed,
            List<String> messages) {
        Verdict verdict = session.list(batch, _ -> {}, _ -> {});
        // PRINT has no number. What else the server says of its own accord is no news.
        verdict.messages().stream()
                .filter(message -> message.number() == 0 && !message.isError())
                .forEach(message -> messages.add(message.text()));
        if (verdict instanceof Verdict.Good) {
            return;
        }
        session.query("SELECT 1 AS alive"); // a session that has ended refuses nothing, and says so here
        failed.add(new ReplayReport.Refused(file, number, why(verdict)));
    }

    private static String why(Verdict verdict) {
        String errors = verdict.messages().stream()
                .filter(ServerMessage::isError)
                .map(message -> "%s (%s)".formatted(message.text(), message.number()))
                .collect(Collectors.joining("; "));
        return errors.isEmpty() && verdict instanceof Verdict.Unknown unknown ? unknown.cause() : errors;
    }
}
