package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.Content;
import dev.sluice.mtf.BackupChecksum;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.s3.Admission;
import dev.sluice.s3.BlockSums;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.DownloadSource;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.PartPlan;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.s3.StripeDownload;
import dev.sluice.s3.StripeUpload;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.inprocess.InProcessVdi;
import dev.sluice.vdi.reactor.DeviceSet;
import dev.sluice.vdi.reactor.Lease;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Sluice's whole data path: device set, leases, inspector, part assembler, multipart upload; and back.
///
/// The subscribers below do what the engine's do, less the bookkeeping around one backup.
final class SluiceClient implements JavaClient {
    private static final Duration SETUP = Duration.ofSeconds(20);

    private final boolean checksums;

    /// @param checksums whether SQL Server's checksum is computed over every byte that goes up, as with
    ///                  `backup.verify-in-flight`. The bytes are no backup, so the inspector itself has
    ///                  nothing to compute
    SluiceClient(boolean checksums) {
        this.checksums = checksums;
    }

    @Override
    public void upload(Job job) throws Exception {
        try (MemoryBudget budget = MemoryBudget.of(job.budget());
                S3Store store = S3Store.open(config(job))) {
            upload(job, budget, store, checksums);
        }
    }

    @Override
    public void download(Job job) throws Exception {
        try (MemoryBudget budget = MemoryBudget.of(job.budget());
                S3Store store = S3Store.open(config(job))) {
            download(job, budget, store);
        }
    }

    static void upload(Job job, MemoryBudget budget, S3Store store) throws Exception {
        upload(job, budget, store, false);
    }

    private static void upload(Job job, MemoryBudget budget, S3Store store, boolean checksums) throws Exception {
        List<String> names = names(job);
        InProcessVdi vdi = new InProcessVdi();
        long bytesPerStripe = job.bytes() / job.stripes() / MediaServer.TRANSFER * MediaServer.TRANSFER;
        PartPlan plan = plan(job, bytesPerStripe);
        DeviceSet set =
                block(DeviceSet.create(vdi::newClientSet, names, VDConfig.request(names.size(), Features.LIKE_PIPE)));
        try (Admission admission = block(budget.admit(job.stripes(), plan.memoryPerStripe()));
                MediaServer server = MediaServer.backup(vdi, names, bytesPerStripe)) {
            List<CompletableFuture<Void>> stripes = new ArrayList<>();
            List<Flux<Lease>> devices = block(set.open()).devices();
            for (int i = 0; i < devices.size(); i++) {
                String key = names.get(i);
                StripeUpload upload = store.upload(admission.stripe(i), plan, segment -> key + "." + segment);
                Receiver receiver = new Receiver(upload, checksums ? new BackupChecksum() : null);
                stripes.add(receiver.ended);
                devices.get(i).subscribe(receiver);
            }
            CompletableFuture.allOf(stripes.toArray(CompletableFuture<?>[]::new))
                    .join();
            server.await();
            set.close().block(SETUP);
        }
    }

    static void download(Job job, MemoryBudget budget, S3Store store) throws Exception {
        List<String> names = names(job);
        InProcessVdi vdi = new InProcessVdi();
        long bytesPerStripe = job.bytes() / job.stripes();
        int blockSize = plan(job, bytesPerStripe).blockSize();
        DownloadPlan plan = new DownloadPlan(blockSize, MediaServer.TRANSFER, DownloadPlan.DEFAULT_READ_AHEAD);
        BlockSums sums = sums(bytesPerStripe, blockSize);
        DeviceSet set =
                block(DeviceSet.create(vdi::newClientSet, names, VDConfig.request(names.size(), Features.LIKE_PIPE)));
        try (Admission admission = block(budget.admit(job.stripes(), plan.memoryPerStripe()));
                MediaServer server = MediaServer.restore(vdi, names)) {
            List<CompletableFuture<Void>> stripes = new ArrayList<>();
            List<Flux<Lease>> devices = block(set.open()).devices();
            for (int i = 0; i < devices.size(); i++) {
                StripeDownload download = store.download(
                        admission.stripe(i),
                        plan,
                        List.of(DownloadSource.verified("generated-" + bytesPerStripe, bytesPerStripe, sums)));
                Sender sender = new Sender(download);
                stripes.add(sender.ended);
                devices.get(i).subscribe(sender);
            }
            CompletableFuture.allOf(stripes.toArray(CompletableFuture<?>[]::new))
                    .join();
            server.await();
            set.close().block(SETUP);
        }
    }

    private static <T> T block(Mono<T> mono) {
        return mono.blockOptional(SETUP).orElseThrow();
    }

    private static List<String> names(Job job) {
        return IntStream.rangeClosed(1, job.stripes())
                .mapToObj(stripe -> "sluice-benchmark-" + stripe)
                .toList();
    }

    private static PartPlan plan(Job job, long bytesPerStripe) {
        PartPlan planned = PartPlan.forStripe(bytesPerStripe, MediaServer.TRANSFER, job.budget() / job.stripes());
        return job.partSize() == 0
                ? planned
                : new PartPlan(job.partSize(), planned.maxParts(), planned.blockSize(), planned.maxTransfer());
    }

    static StoreConfig config(Job job) {
        return new StoreConfig(
                job.endpoint(),
                "us-east-1",
                Job.BUCKET,
                "",
                true,
                new StoreConfig.Credentials("benchmark", "benchmark-secret", null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT);
    }

    /// What a catalog would know of an object that the null server makes up.
    private static BlockSums sums(long bytes, int blockSize) {
        ByteBuffer pattern = Content.pattern();
        List<String> sums = new ArrayList<>();
        List<String> period = new ArrayList<>();
        for (int at = 0; at < Content.PERIOD; at += blockSize) {
            period.add(sum(pattern.slice(at, blockSize)));
        }
        for (long at = 0; at < bytes; at += blockSize) {
            int inPattern = (int) (at % Content.PERIOD);
            sums.add(
                    bytes - at >= blockSize
                            ? period.get(inPattern / blockSize)
                            : sum(pattern.slice(inPattern, (int) (bytes - at))));
        }
        return BlockSums.ofHex(blockSize, sums);
    }

    private static String sum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /// One stripe on its way up.
    private static final class Receiver extends BaseSubscriber<Lease> {
        private final StripeUpload upload;
        private final StreamInspector inspector = StreamInspector.full();
        private final @Nullable BackupChecksum checksum;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        Receiver(StripeUpload upload, @Nullable BackupChecksum checksum) {
            this.upload = upload;
            this.checksum = checksum;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            askForNext();
        }

        private void askForNext() {
            upload.reserve(MediaServer.TRANSFER).subscribe(null, this::fail, () -> request(1));
        }

        @Override
        protected void hookOnNext(Lease lease) {
            if (lease.command() instanceof Command.Write) {
                upload.write(lease.data());
                inspector.update(lease.data());
                if (checksum != null) {
                    checksum.update(lease.data(), 0, lease.data().byteSize());
                }
                lease.answer(CompletionCode.ERROR_SUCCESS, (int) lease.data().byteSize());
                askForNext();
            } else {
                upload.flush().subscribe(_ -> {}, this::fail, () -> {
                    lease.answer(CompletionCode.ERROR_SUCCESS);
                    request(1);
                });
            }
        }

        private void fail(Throwable failure) {
            ended.completeExceptionally(failure);
            cancel();
        }

        @Override
        protected void hookOnComplete() {
            ended.complete(null);
        }

        @Override
        protected void hookOnError(Throwable failure) {
            ended.completeExceptionally(failure);
        }
    }

    /// One stripe on its way down.
    private static final class Sender extends BaseSubscriber<Lease> {
        private final StripeDownload download;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        Sender(StripeDownload download) {
            this.download = download;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            askForNext();
        }

        private void askForNext() {
            download.await(MediaServer.TRANSFER).subscribe(_ -> {}, this::fail, () -> request(1));
        }

        @Override
        protected void hookOnNext(Lease lease) {
            int size = (int) lease.data().byteSize();
            int count = Math.max(0, download.read(lease.data()));
            lease.answer(count < size ? CompletionCode.ERROR_HANDLE_EOF : CompletionCode.ERROR_SUCCESS, count);
            askForNext();
        }

        private void fail(Throwable failure) {
            ended.completeExceptionally(failure);
            cancel();
        }

        @Override
        protected void hookOnComplete() {
            download.close();
            ended.complete(null);
        }

        @Override
        protected void hookOnError(Throwable failure) {
            ended.completeExceptionally(failure);
        }
    }
}
