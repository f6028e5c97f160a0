package dev.sluice.engine.files;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.LogBackupReserve;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.Admission;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StripeDownload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Downloads a backup's stripes into files that SQL Server can read from disk.
///
/// A file gets its name when all of it is there and checked; one that exists is never overwritten. What is
/// written is always a new file: its name is known beforehand, and in a directory that others may write to, a
/// link under that name would have the bytes of a database go where it points.
public final class FetchRun extends Run<FetchResult> {

    private static final int CHUNK = 1 << 20;

    private static final Set<OpenOption> NEW =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    /// The bytes of a database are for this user and its group, which SQL Server's is as a rule; the umask may
    /// take more.
    private static final FileAttribute<?> MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

    private final Environment env;
    private final BackupDocument backup;
    private final Path directory;

    public FetchRun(Environment env, BackupDocument backup, Path directory) {
        super("sluice-fetch-" + backup.backupId());
        this.env = env;
        this.backup = backup;
        this.directory = directory;
    }

    @Override
    protected FetchResult steps() {
        DownloadPlan plan = new DownloadPlan(Downloads.blockSize(backup), CHUNK, DownloadPlan.DEFAULT_READ_AHEAD);
        List<Path> files = new ArrayList<>();
        try (LogBackupReserve.Place _ = besideLogs(1, plan.memoryPerStripe());
                Admission memory = admit(env, 1, plan.memoryPerStripe())) {
            Files.createDirectories(directory);
            refuseExisting();
            for (BackupDocument.Stripe stripe : backup.stripes()) {
                files.add(fetch(stripe, memory, plan));
            }
            return new FetchResult(files, backup.bytes());
        } catch (FileAlreadyExistsException e) {
            throw new OperationFailed(
                    FailureId.FILE_EXISTS,
                    "%s exists already, and is not overwritten".formatted(e.getFile()),
                    directory.toString(),
                    e);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.DIRECTORY_NOT_WRITABLE,
                    "Writing failed: " + e,
                    directory.toString(),
                    String.format(
                            Locale.ROOT,
                            "Check that the directory is writable and has room for %d bytes.",
                            backup.bytes()),
                    e);
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CorruptBlockException e) {
            throw Failures.corrupt(e);
        }
    }

    /// Before the first byte is fetched, not after the first terabyte.
    private void refuseExisting() throws FileAlreadyExistsException {
        for (BackupDocument.Stripe stripe : backup.stripes()) {
            if (Files.exists(file(stripe), LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(file(stripe).toString());
            }
        }
    }

    /// Of a stripe's plain file: distinct among all backups.
    public static String fileName(BackupDocument backup, BackupDocument.Stripe stripe) {
        return String.format(Locale.ROOT, "%s-stripe-%03d.bak", backup.backupId(), stripe.index());
    }

    private Path file(BackupDocument.Stripe stripe) {
        return directory.resolve(fileName(backup, stripe));
    }

    private Path fetch(BackupDocument.Stripe stripe, Admission memory, DownloadPlan plan) throws IOException {
        Path file = file(stripe);
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        Files.deleteIfExists(partial); // what a crash has left, or a link: only the link goes
        FileChannel created = create(partial);
        boolean complete = false;
        try (FileChannel channel = created;
                StripeDownload download = env.store().download(memory.stripe(0), plan, Downloads.sources(stripe));
                Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(CHUNK);
            while (blocking().take(download.await(CHUNK), _ -> {}) > 0) {
                write(channel, chunk.asByteBuffer().limit(download.read(chunk)));
            }
            channel.force(true);
            complete = true;
        } finally {
            if (!complete) {
                Files.deleteIfExists(partial);
            }
        }
        return Files.move(partial, file);
    }

    private static FileChannel create(Path partial) throws IOException {
        boolean posix = partial.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix ? FileChannel.open(partial, NEW, MODE) : FileChannel.open(partial, NEW);
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
