package dev.sluice.engine.rebuild;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Puts the stripes of backups together, by what each says of its media family. Names of files mean nothing.
///
/// @param sets       whole backups, each with its stripes in order
/// @param duplicates files that are a stripe once more: the one with the first key is used
/// @param refused    files of backups that are not whole, or not clear
record MediaFamilies(
        List<List<MediaMember>> sets, List<EntriesReport.Named> duplicates, List<EntriesReport.Named> refused) {

    private record Identity(UUID mediaSet, UUID set) {}

    static MediaFamilies of(List<MediaMember> members) {
        Map<Identity, List<MediaMember>> groups = members.stream()
                .sorted(Comparator.comparing(MediaMember::key))
                .collect(Collectors.groupingBy(
                        member -> new Identity(member.mediaSet(), member.set()),
                        LinkedHashMap::new,
                        Collectors.toList()));
        MediaFamilies result = new MediaFamilies(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        groups.values().forEach(result::put);
        result.sets.sort(
                Comparator.comparing((List<MediaMember> set) -> set.getFirst().localTime())
                        .thenComparing(set -> set.getFirst().set()));
        return result;
    }

    private void put(List<MediaMember> all) {
        int families = all.getFirst().families();
        Map<Integer, MediaMember> byFamily = new TreeMap<>();
        List<EntriesReport.Named> twice = new ArrayList<>();
        for (MediaMember member : all) {
            MediaMember first = byFamily.putIfAbsent(member.family(), member);
            if (first == null) {
                continue;
            }
            if (first.bytes() != member.bytes() || first.families() != member.families()) {
                refuse(
                        all,
                        String.format(
                                Locale.ROOT,
                                "%s and %s both say that they are stripe %d of the same backup set, and differ in size (%d and %d"
                                        + " bytes): take the wrong one away",
                                first.key(),
                                member.key(),
                                member.family(),
                                first.bytes(),
                                member.bytes()));
                return;
            }
            twice.add(new EntriesReport.Named(
                    member.key(), "the same stripe as %s, which is used".formatted(first.key())));
        }
        List<Integer> missing = IntStream.rangeClosed(1, families)
                .filter(family -> !byFamily.containsKey(family))
                .boxed()
                .toList();
        if (!missing.isEmpty()) {
            refuse(
                    all,
                    String.format(
                            Locale.ROOT,
                            "the backup has %d stripes, and of these there are no files: %s. Put them under the same prefix, or"
                                    + " name one that covers all",
                            families,
                            missing.stream().map(String::valueOf).collect(Collectors.joining(", "))));
            return;
        }
        duplicates.addAll(twice);
        sets.add(List.copyOf(byFamily.values()));
    }

    private void refuse(List<MediaMember> all, String why) {
        all.forEach(member -> refused.add(new EntriesReport.Named(member.key(), why)));
    }
}
