package dev.sluice.engine.inventory;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;

/// The databases that the server's directory in the bucket has backups of.
///
/// @param names   as SQL Server knows them
/// @param unnamed by directory of which no entry can be read, what is wrong with the newest
public record BucketDatabases(Set<String> names, Map<String, String> unnamed) {

    public BucketDatabases {
        names = Collections.unmodifiableSet(new TreeSet<>(names));
        unnamed = Collections.unmodifiableMap(new LinkedHashMap<>(unnamed));
    }

    /// Those that have entries. Keys hold a piece of a name only, so one document of each directory is read: the
    /// newest that can be.
    public static BucketDatabases entered(Environment env, Blocking blocking) {
        Map<String, List<CatalogKey>> directories = blocking
                .readAll(env.catalog().list())
                .stream()
                .collect(Collectors.groupingBy(CatalogKey::database, LinkedHashMap::new, Collectors.toList()));
        Set<String> names = new TreeSet<>();
        Map<String, String> unnamed = new LinkedHashMap<>();
        directories.forEach((directory, keys) -> {
            List<String> refused = new CopyOnWriteArrayList<>();
            blocking.read(Flux.fromIterable(keys.reversed())
                            .concatMap(key -> env.catalog().read(key, e -> refused.add(String.valueOf(e.getMessage()))))
                            .next())
                    .ifPresentOrElse(
                            document -> names.add(document.database()),
                            () -> refused.stream().findFirst().ifPresent(why -> unnamed.put(directory, why)));
        });
        return new BucketDatabases(names, unnamed);
    }

    /// As above, and those that have nothing but unconfirmed backups.
    public static BucketDatabases read(Environment env, Blocking blocking) {
        BucketDatabases entered = entered(env, blocking);
        Set<String> names = new TreeSet<>(entered.names);
        Map<String, String> unnamed = new LinkedHashMap<>(entered.unnamed);
        List<String> hidden = new CopyOnWriteArrayList<>();
        blocking.readAll(env.catalog()
                        .pendings(e -> hidden.add(String.valueOf(e.getMessage())))
                        .filter(document -> !document.stripes().isEmpty()))
                .forEach(document -> names.add(document.database()));
        if (names.isEmpty()) {
            // If there are databases, the caller looks at each of them, and that look reports these documents.
            hidden.forEach(why -> unnamed.put("unconfirmed backups", why));
        }
        return new BucketDatabases(names, unnamed);
    }
}
