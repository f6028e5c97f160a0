package dev.sluice.engine;

import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.Admission;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.DownloadSource;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StripeDownload;
import dev.sluice.s3.catalog.BackupDocument;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.reactor.DeviceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// One restore: RESTORE, checked bytes, verdict. It stores nothing and deletes nothing.
final class RestoreRun extends Run<RestoreResult> {

    private final Environment env;
    private final RestoreRequest request;
    private final Observer observer;
    private final String runId;
    private final Progress progress;
    private final List<BackupDocument.Stripe> stripes;

    RestoreRun(Environment env, RestoreRequest request, String runId, Observer observer) {
        super("sluice-restore-" + runId);
        this.env = env;
        this.request = request;
        this.observer = observer;
        this.runId = runId;
        this.stripes = request.backup().stripes();
        this.progress = new Progress(stripes.size());
    }

    @Override
    RestoreResult steps() {
        try (SqlSession control = env.server().connect()) {
            if (!request.replace()) {
                refuseExisting(control);
            }
            progress.expects(request.backup().bytes());
            DownloadPlan plan = new DownloadPlan(
                    blockSize(), request.backup().options().maxTransferSize(), DownloadPlan.DEFAULT_READ_AHEAD);
            observer.queued();
            try (Admission memory = admit(env, stripes.size(), plan.memoryPerStripe())) {
                throwIfCancelled();
                return transfer(memory, plan);
            }
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, request.database());
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    private void refuseExisting(SqlSession control) {
        ServerFacts.databaseState(control, request.database())
                .filter(state -> !state.equals("RESTORING"))
                .ifPresent(_ -> {
                    throw Failures.exists(request.database(), env);
                });
    }

    /// The largest block of any segment: what one request fetches.
    private int blockSize() {
        return stripes.stream()
                .flatMap(stripe -> stripe.segments().stream())
                .mapToInt(segment -> segment.blocks().size())
                .max()
                .orElse(DownloadPlan.DEFAULT_BLOCK_SIZE);
    }

    private RestoreResult transfer(Admission memory, DownloadPlan plan) {
        List<StripeDownload> downloads = new ArrayList<>();
        try {
            for (int i = 0; i < stripes.size(); i++) {
                List<DownloadSource> sources = stripes.get(i).segments().stream()
                        .map(segment -> DownloadSource.verified(segment.key(), segment.bytes(), segment.sums()))
                        .toList();
                downloads.add(env.store().download(memory.stripe(i), plan, sources));
            }
            return stream(downloads, plan.maxTransfer());
        } finally {
            downloads.forEach(StripeDownload::close);
        }
    }

    private RestoreResult stream(List<StripeDownload> downloads, int maxTransfer) {
        // Never the form of a backup's name: what msdb holds under that form is a backup of ours.
        List<String> devices = BackupStatement.names("sluice-restore-" + runId, stripes.size());
        DeviceSet set = DeviceSet.create(
                        env.deviceSets(), devices, VDConfig.request(stripes.size(), Features.LIKE_PIPE))
                .block();
        if (set == null) {
            throw new IllegalStateException("a created device set is never nothing");
        }
        try {
            throwIfCancelled();
            DeviceWork work = working(new DeviceWork(set));
            RunningStatement statement = RunningStatement.start(
                    env.server().connect(),
                    "sluice-tsql-" + runId,
                    RestoreStatement.of(request, devices, env.transfer()),
                    this::heard);
            DeviceSet.Opened opened = work.open(statement);
            List<CompletableFuture<Void>> ended = new ArrayList<>();
            if (opened != null) {
                int transfer = Math.min(maxTransfer, opened.config().maxTransferSize());
                ended = subscribe(opened, downloads, transfer, work);
                observer.streaming(runId, progress);
            }
            Verdict verdict = work.await(statement, ended, () -> true);
            return switch (verdict) {
                case Verdict.Good _ -> new RestoreResult(request.database(), progress.bytes(), progress.seconds());
                case Verdict.Bad bad -> throw failure(work, bad);
                case Verdict.Unknown unknown -> throw failure(work, unknown);
            };
        } finally {
            set.close().block();
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

    private void heard(ServerMessage message) {
        if (message.number() == ServerMessage.PERCENT) {
            Percent.of(message.text()).ifPresent(progress::percent);
        }
        observer.said(message);
    }

    private OperationFailed failure(DeviceWork work, Verdict verdict) {
        if (isCancelled()) {
            return Failures.cancelled(runId, verdict);
        }
        return switch (work.failure()) {
            case S3Failure store -> Failures.store(store, verdict.messages());
            case null -> Failures.refused(request.database(), verdict, env);
            case Throwable other -> Failures.refused(request.database(), verdict, env, other);
        };
    }
}
