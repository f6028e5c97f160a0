package dev.sluice.s3;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/// A line of a listing of versions.
sealed interface VersionEntry {

    /// As S3 orders keys, which is not the order of Java's strings.
    Comparator<String> KEYS = (one, other) ->
            Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));

    /// The whole key.
    String key();

    /// `null`, as a text, for what was written while the bucket made no versions.
    String versionId();

    /// In whole seconds on Amazon S3. Of an object that was uploaded in parts, it is when its upload began.
    Instant modified();

    /// Whether it is the newest of its key.
    boolean latest();

    /// Something that can be read.
    record Version(
            String key,
            String versionId,
            Instant modified,
            boolean latest,
            long bytes,
            String eTag,
            String storageClass)
            implements VersionEntry {

        /// S3's version id of what was written while the bucket made no versions.
        private static final String WITHOUT_VERSIONS = "null";

        boolean isOfTimeWithoutVersions() {
            return versionId.equals(WITHOUT_VERSIONS);
        }
    }

    /// The object was deleted.
    record DeleteMarker(String key, String versionId, Instant modified, boolean latest) implements VersionEntry {}

    /// The lines of a page by their keys, in the order of keys.
    static SortedMap<String, List<VersionEntry>> of(ListObjectVersionsResponse page) {
        SortedMap<String, List<VersionEntry>> entries = new TreeMap<>(KEYS);
        for (ObjectVersion version : page.versions()) {
            entries.computeIfAbsent(version.key(), _ -> new ArrayList<>())
                    .add(new Version(
                            version.key(),
                            version.versionId(),
                            version.lastModified(),
                            Boolean.TRUE.equals(version.isLatest()),
                            version.size(),
                            Objects.requireNonNullElse(version.eTag(), ""),
                            AccessProbe.storageClass(version.storageClassAsString())));
        }
        for (DeleteMarkerEntry marker : page.deleteMarkers()) {
            entries.computeIfAbsent(marker.key(), _ -> new ArrayList<>())
                    .add(new DeleteMarker(
                            marker.key(),
                            marker.versionId(),
                            marker.lastModified(),
                            Boolean.TRUE.equals(marker.isLatest())));
        }
        return entries;
    }
}
