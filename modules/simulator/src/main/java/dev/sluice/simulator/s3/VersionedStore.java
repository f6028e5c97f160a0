package dev.sluice.simulator.s3;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.AbstractNio2BlobStore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;

/// S3Proxy's directory store, which makes versions from the moment on that it is told to. S3Proxy itself has them
/// switched on for its store in memory alone, though both are one class.
///
/// Listings of versions are as Amazon's: times in whole seconds, where S3Proxy has milliseconds, and pages that may
/// be shorter than the client allows.
///
/// **Source:** AWS's API reference of ListObjectVersions.
final class VersionedStore extends ForwardingBlobStore {

    /// S3's own.
    static final int LONGEST_PAGE = 1000;

    private final Files files;
    private volatile int page = LONGEST_PAGE;

    /// @param root an existing directory
    VersionedStore(Path root) {
        this(new Files(root));
    }

    private VersionedStore(Files files) {
        super(files);
        this.files = files;
    }

    /// From now on, versions of objects can be had, for a bucket where they are switched on.
    void support() {
        files.versions = true;
    }

    /// From now on, a page has at most so many versions and delete markers.
    void pagesOf(int lines) {
        page = lines;
    }

    @Override
    public ListObjectVersionsResponse listVersions(ListObjectVersionsRequest request) {
        Integer asked = request.maxKeys();
        ListObjectVersionsResponse answer = super.listVersions(request.toBuilder()
                .maxKeys(asked == null ? page : Math.min(asked, page))
                .build());
        return answer.toBuilder()
                .versions(answer.versions().stream()
                        .map(version -> version.toBuilder()
                                .lastModified(seconds(version.lastModified()))
                                .build())
                        .toList())
                .deleteMarkers(answer.deleteMarkers().stream()
                        .map(marker -> marker.toBuilder()
                                .lastModified(seconds(marker.lastModified()))
                                .build())
                        .toList())
                .build();
    }

    private static final class Files extends AbstractNio2BlobStore {
        volatile boolean versions;

        Files(Path root) {
            super(root);
        }

        @Override
        public boolean supportsVersioning() {
            return versions;
        }
    }

    private static @Nullable Instant seconds(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS);
    }
}
