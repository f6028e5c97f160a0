package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The JSON objects about pauses, as [ApiModel] has the others.
final class PauseModel {

    private PauseModel() {}

    /// @param databases patterns, of a pause of databases; without them and without `policy` it is about every
    ///                  database
    /// @param types     empty for everything that a schedule starts
    record Pause(
            String id,
            @Nullable List<String> databases,
            @Nullable String policy,
            List<Work> types,
            Instant pausedAt,
            Instant until,
            @Nullable String reason)
            implements ApiModel.Body {

        static Pause of(dev.sluice.sidecar.pause.Pause pause) {
            Scope scope = pause.document().scope();
            return new Pause(
                    pause.id(),
                    scope instanceof Scope.Databases(List<String> patterns) ? patterns : null,
                    scope instanceof Scope.Policy(String name) ? name : null,
                    pause.document().types().stream().sorted().toList(),
                    pause.document().pausedAt(),
                    pause.until(),
                    pause.document().reason());
        }
    }

    record Pauses(List<Pause> pauses) implements ApiModel.Body {}

    /// One of `databases`, `policy` and `all`; one of `until` and `lasting`.
    record PauseRequest(
            @Nullable List<String> databases,
            @Nullable String policy,
            @Nullable Boolean all,
            @Nullable List<Work> types,
            @Nullable Instant until,
            @Nullable String lasting,
            @Nullable String reason)
            implements ApiModel.Body {}
}
