package dev.sluice.engine.restore;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.DeviceWork;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.LogBackupReserve;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.Admission;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.StripeDownload;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.reactor.DeviceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One backup's way from the bucket to one statement: device set, downloads, verdict.
///
/// The statement may read all of it, or close the devices after the first few bytes, as those do that only list.
final class StripeTransfer {

    private static final Logger log = LoggerFactory.getLogger(StripeTransfer.class);

    private final Environment env;
    private final Run<?> run;
    private final BackupDocument backup;
    private final List<BackupDocument.Stripe> stripes;
    private final RunProgress progress;
    private final RunObserver observer;

    /// @param stripes those of the backup that the statement names, one device each
    StripeTransfer(
            Environment env,
            Run<?> run,
            BackupDocument backup,
            List<BackupDocument.Stripe> stripes,
            RunProgress progress,
            RunObserver observer) {
        this.env = env;
        this.run = run;
        this.backup = backup;
        this.stripes = stripes;
        this.progress = progress;
        this.observer = observer;
    }

    /// What starts the statement on a session of its own.
    interface Starter {
        RunningStatement start(SqlSession session, String thread, String sql, Consumer<ServerMessage> heard);
    }

    /// @param deviceSet name of the set, used once in the world
    /// @param thread    name of the statement's thread
    /// @param sql       given the names of the devices
    /// @param heard     every message as it arrives
    /// @param streaming told when bytes are about to flow
    record Statement(
            String deviceSet,
            String thread,
            Starter starter,
            Function<List<String>, String> sql,
            Consumer<ServerMessage> heard,
            Runnable streaming) {}

    /// @param failure why a stripe could not go on; null when all could
    record Outcome(Verdict verdict, @Nullable Throwable failure) {}

    Outcome run(Statement statement) {
        DownloadPlan plan = Downloads.plan(backup);
        observer.queued();
        try (LogBackupReserve.Place _ = run.besideLogs(stripes.size(), plan.memoryPerStripe());
                Admission memory = run.admit(env, stripes.size(), plan.memoryPerStripe())) {
            run.throwIfCancelled();
            List<BackupDocument.Stripe> whole = Downloads.whole(env, run.blocking(), backup, stripes);
            List<StripeDownload> downloads = new ArrayList<>();
            try {
                for (int i = 0; i < whole.size(); i++) {
                    downloads.add(env.store().download(memory.stripe(i), plan, Downloads.sources(whole.get(i))));
                }
                return stream(downloads, plan.maxTransfer(), statement);
            } finally {
                downloads.forEach(StripeDownload::close);
            }
        }
    }

    private Outcome stream(List<StripeDownload> downloads, int maxTransfer, Statement wanted) {
        List<String> devices = DeviceNames.of(wanted.deviceSet(), downloads.size());
        DeviceSet set = Blocking.uncancellably(DeviceSet.create(
                        env.deviceSets(), devices, VDConfig.request(downloads.size(), Features.LIKE_PIPE)))
                .orElseThrow();
        try {
            run.throwIfCancelled();
            DeviceWork work = run.working(set);
            // Before the session is opened, which has no owner until the statement has it.
            String sql = wanted.sql().apply(devices);
            RunningStatement statement =
                    wanted.starter().start(env.server().connect(), wanted.thread(), sql, wanted.heard());
            DeviceSet.Opened opened = work.open(statement);
            List<CompletableFuture<Void>> ended = new ArrayList<>();
            if (opened != null) {
                int transfer = Math.min(maxTransfer, opened.config().maxTransferSize());
                ended = subscribe(opened, downloads, transfer, work);
                wanted.streaming().run();
            }
            Verdict verdict = work.await(statement, ended, () -> true);
            return new Outcome(verdict, work.failure());
        } finally {
            close(set, wanted.deviceSet());
        }
    }

    /// What goes wrong here must not take the place of SQL Server's verdict.
    private static void close(DeviceSet set, String name) {
        try {
            Blocking.uncancellably(set.close());
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("deviceSet", name).setCause(e).log("the device set could not be closed");
        }
    }

    private List<CompletableFuture<Void>> subscribe(
            DeviceSet.Opened opened, List<StripeDownload> downloads, int maxTransfer, DeviceWork work) {
        List<StripeSender> senders = new ArrayList<>();
        for (int i = 0; i < downloads.size(); i++) {
            senders.add(new StripeSender(i, downloads.get(i), progress, maxTransfer, failure -> {
                work.fail(failure);
                senders.forEach(StripeSender::failing);
            }));
        }
        for (int i = 0; i < senders.size(); i++) {
            opened.devices().get(i).subscribe(senders.get(i));
        }
        return senders.stream().map(StripeSender::ended).toList();
    }
}
