package dev.sluice.simulator.s3;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;

/// Listings of versions are as Amazon's: times in whole seconds, where S3Proxy has milliseconds, and pages that may
/// be shorter than the client allows.
///
/// **Source:** AWS's API reference of ListObjectVersions.
final class VersionedStore extends ForwardingBlobStore {

    /// S3's own.
    static final int LONGEST_PAGE = 1000;

    private volatile int page = LONGEST_PAGE;

    VersionedStore(BlobStore delegate) {
        super(delegate);
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

    private static @Nullable Instant seconds(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS);
    }
}
