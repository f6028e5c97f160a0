package dev.sluice.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/// Lines are written as S3 lists them, from the newest to the oldest: `v` a version, `m` a delete marker, then
/// the second; the first of a key is the latest.
class VersionChoiceTest {

    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    private static Instant at(long second) {
        return START.plusSeconds(second);
    }

    private static VersionChoice.Outcome outcome(Instant instant, String... lines) {
        VersionChoices choices = new VersionChoices(instant);
        List<VersionChoice> complete = choices.add(page(false, "k", lines));
        assertThat(complete).hasSize(1);
        return complete.getFirst().outcome();
    }

    private static ListObjectVersionsResponse page(boolean truncated, String key, String... lines) {
        return page(truncated, 0, key, lines);
    }

    /// @param earlier lines of the key on earlier pages
    private static ListObjectVersionsResponse page(boolean truncated, int earlier, String key, String... lines) {
        List<ObjectVersion> versions = new ArrayList<>();
        List<DeleteMarkerEntry> markers = new ArrayList<>();
        for (int i = 0; i < lines.length; i++) {
            Instant modified = at(Long.parseLong(lines[i].substring(1)));
            String id = key + "#" + (earlier + i);
            boolean latest = earlier + i == 0;
            if (lines[i].startsWith("v")) {
                versions.add(ObjectVersion.builder()
                        .key(key)
                        .versionId(id)
                        .lastModified(modified)
                        .isLatest(latest)
                        .size(1L)
                        .build());
            } else {
                markers.add(DeleteMarkerEntry.builder()
                        .key(key)
                        .versionId(id)
                        .lastModified(modified)
                        .isLatest(latest)
                        .build());
            }
        }
        return ListObjectVersionsResponse.builder()
                .versions(versions)
                .deleteMarkers(markers)
                .isTruncated(truncated)
                .build();
    }

    /// @param line which line, from 0
    private static void isVersion(VersionChoice.Outcome outcome, int line) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        VersionChoice.Present.class,
                        present -> assertThat(present.version().versionId()).isEqualTo("k#" + line));
    }

    @Test
    void choosesTheNewestVersionThatIsNotLaterThanTheInstant() {
        isVersion(outcome(at(25), "v30", "v20", "v10"), 1);
        isVersion(outcome(at(30), "v30", "v20", "v10"), 0);
        isVersion(outcome(at(29).plusMillis(999), "v30", "v20", "v10"), 1);
        assertThat(outcome(at(9), "v30", "v20", "v10")).isEqualTo(new VersionChoice.Absent());
    }

    @Test
    void takesADeleteMarkerForAbsent() {
        assertThat(outcome(at(25), "v30", "m20", "v10")).isEqualTo(new VersionChoice.Absent());
        isVersion(outcome(at(19), "v30", "m20", "v10"), 2);
        isVersion(outcome(at(30), "v30", "m20", "v10"), 0);
        assertThat(outcome(at(25), "m20")).isEqualTo(new VersionChoice.Absent());
    }

    @Test
    void takesTheOneThatIsListedFirstOfTwoInOneSecond() {
        isVersion(outcome(at(10), "v10", "v10", "v10"), 0);
        isVersion(outcome(at(10), "v20", "v10", "v10"), 1);
    }

    /// The SDK does not tell which of the two came first.
    @Test
    void asksAboutAVersionAndAMarkerOfOneSecondUnlessOneIsCurrentToday() {
        assertThat(outcome(at(10), "m10", "v10")).isEqualTo(new VersionChoice.Absent());
        isVersion(outcome(at(10), "v10", "m10"), 0);
        assertThat(outcome(at(10), "v20", "v10", "m10")).isInstanceOf(VersionChoice.SameSecond.class);
        assertThat(outcome(at(10), "m20", "m10", "v10")).isInstanceOf(VersionChoice.SameSecond.class);
    }

    @Test
    void goesOnWithAKeyOnTheNextPage() {
        VersionChoices choices = new VersionChoices(at(15));

        assertThat(choices.add(page(true, 0, "k", "v50", "v40"))).isEmpty();
        assertThat(choices.add(page(true, 2, "k", "m30", "v20"))).isEmpty();
        assertThat(choices.add(page(true, 4, "k", "v10", "v5"))).isEmpty();
        List<VersionChoice> complete = choices.add(page(false, "l", "v10"));

        assertThat(complete).extracting(VersionChoice::key).containsExactly("k", "l");
        isVersion(complete.getFirst().outcome(), 4);
    }

    @Test
    void completesTheLastKeyWithAnEmptyLastPage() {
        VersionChoices choices = new VersionChoices(at(15));

        assertThat(choices.add(page(true, "k", "v10"))).isEmpty();

        assertThat(choices.add(page(false, "k"))).extracting(VersionChoice::key).containsExactly("k");
    }

    /// As S3, not as Java's strings, whose order begins with halves of characters.
    @Test
    void ordersKeysByTheirBytes() {
        ListObjectVersionsResponse late = page(false, "a\uD83D\uDE00", "v10");
        ListObjectVersionsResponse early = page(false, "a\uFF5E", "v10");
        ListObjectVersionsResponse both = late.toBuilder()
                .versions(List.of(early.versions().getFirst(), late.versions().getFirst()))
                .build();

        assertThat(new VersionChoices(at(15)).add(both))
                .extracting(VersionChoice::key)
                .containsExactly("a\uFF5E", "a\uD83D\uDE00");
    }
}
