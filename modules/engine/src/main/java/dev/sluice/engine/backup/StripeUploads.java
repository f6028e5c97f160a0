package dev.sluice.engine.backup;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.Admission;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.StripeUpload;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/// The bucket's side of a backup: for each stripe, the upload, and what looks at the
/// bytes as they pass.
record StripeUploads(List<StripeUpload> uploads, List<PassingStream> streams, CommitPoint commitPoint) {

    StripeUploads {
        uploads = List.copyOf(uploads);
        streams = List.copyOf(streams);
    }

    /// @param objects what the objects of a stripe, counted from 1, are to be like
    static StripeUploads begin(
            Environment env,
            BackupRequest request,
            String backupId,
            Admission memory,
            PartPlan plan,
            IntFunction<ObjectOptions> objects,
            CommitPoint commitPoint) {
        List<StripeUpload> uploads = IntStream.range(0, request.stripes())
                .mapToObj(i -> env.store()
                        .upload(
                                memory.stripe(i),
                                plan,
                                segment -> env.catalog().keys().data(request.database(), backupId, i + 1, segment),
                                objects.apply(i + 1)))
                .toList();
        List<PassingStream> streams = IntStream.range(0, request.stripes())
                .mapToObj(i -> new PassingStream(env, request, backupId, i + 1))
                .toList();
        return new StripeUploads(uploads, streams, commitPoint);
    }

    /// Makes everything durable after SQL Server has said that it is good without asking.
    void flushAll() {
        commitPoint.insist();
        for (int i = 0; i < uploads.size(); i++) {
            int stripe = i;
            Blocking.uncancellably(uploads.get(i)
                    .flush()
                    .flatMap(segments -> commitPoint.durable(
                            stripe,
                            new CommitPoint.Flushed(
                                    segments, streams.get(stripe).report()))));
        }
    }

    /// Ends what is not complete; leaves objects that are.
    Mono<Void> abort() {
        return Mono.whenDelayError(uploads.stream().map(StripeUpload::abort).toList());
    }
}
