package dev.sluice.s3;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;

/// The choices of one listing, page after page. The versions of a key may go on with the next page.
///
/// **Threading:** one listing, whose pages come one after the other.
final class VersionChoices {

    private final Instant instant;
    private @Nullable VersionChoice open;

    VersionChoices(Instant instant) {
        this.instant = instant;
    }

    /// Returns the choices of the keys that are complete with this page, in the order of keys.
    List<VersionChoice> add(ListObjectVersionsResponse page) {
        List<VersionChoice> complete = new ArrayList<>();
        SortedMap<String, List<VersionEntry>> entries = VersionEntry.of(page);
        for (Map.Entry<String, List<VersionEntry>> each : entries.entrySet()) {
            VersionChoice choice = open;
            if (choice == null || !choice.key().equals(each.getKey())) {
                if (choice != null) {
                    complete.add(choice);
                }
                choice = new VersionChoice(each.getKey(), instant);
                open = choice;
            }
            each.getValue().forEach(choice::add);
        }
        if (open != null && !Boolean.TRUE.equals(page.isTruncated())) {
            complete.add(open);
            open = null;
        }
        return complete;
    }
}
