package dev.sluice.sidecar.serve;

import static dev.sluice.sidecar.serve.ServiceMetrics.seconds;

import dev.sluice.engine.chain.ChainFinding;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What the bucket has of each database, and whether it can be backed up.
final class DatabaseMetrics {

    private DatabaseMetrics() {}

    static void write(ServiceMetrics.State now, ProofMetrics.Rows to) {
        List<Row<?>> intact = new ArrayList<>();
        List<Row<?>> from = new ArrayList<>();
        List<Row<?>> until = new ArrayList<>();
        List<Row<?>> unconfirmed = new ArrayList<>();
        List<Row<?>> unreadable = new ArrayList<>();
        List<Row<?>> behind = new ArrayList<>();
        now.databases().forEach((database, view) -> {
            Tags tags = Tags.of("database", database);
            intact.add(Row.of(tags, view.intact() ? 1 : 0));
            var window = view.window();
            from.add(Row.of(tags, window == null ? 0.0 : seconds(window.earliest())));
            until.add(Row.of(tags, window == null ? 0.0 : seconds(window.latest())));
            unreadable.add(Row.of(tags, view.unreadable()));
            behind.add(Row.of(tags, view.logsBehindGap()));
            unconfirmed.add(Row.of(tags, now.unconfirmed().getOrDefault(database, 0)));
        });
        List<Row<?>> online = new ArrayList<>();
        now.online().forEach((database, can) -> online.add(Row.of(Tags.of("database", database), can ? 1 : 0)));
        to.set("database_online", "Whether it is there, and can be backed up", online);
        List<Row<?>> broken = new ArrayList<>();
        now.broken().forEach((database, kinds) -> {
            for (ChainFinding.Kind kind : ChainFinding.Kind.values()) {
                Tags tags = Tags.of("database", database, "kind", kind.name().toLowerCase(Locale.ROOT));
                broken.add(Row.of(tags, kinds.contains(kind) ? 1 : 0));
            }
        });
        to.set("chain_broken", "1 for what was found when SQL Server and the bucket were compared last", broken);
        to.set("chain_intact", "Whether the newest backup can be restored with all that it rests on", intact);
        to.set("recoverable_from_timestamp_seconds", "The earliest moment of the newest unbroken stretch", from);
        to.set("recoverable_until_timestamp_seconds", "The latest moment that can be restored", until);
        to.set("logs_behind_gap", "Log backups that begin behind a gap in the log, and cannot be restored", behind);
        to.set("catalog_unreadable", "Entries of the catalog that this version does not understand", unreadable);
        to.set("unconfirmed", "Backups whose verdict was lost", unconfirmed);
    }
}
