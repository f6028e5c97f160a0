package dev.sluice.engine.backup;

import dev.sluice.engine.chain.ChainPolicy;
import java.util.Optional;

/// The backup that follows one which has found the chain broken.
public final class ChainAnswer {

    private ChainAnswer() {}

    /// Empty when none is wanted, or none would help. It answers no broken chain itself, so there is one at most.
    ///
    /// @param requests how it is asked for
    public static Optional<BackupRequest> to(BackupRequest request, BackupResult result, BackupRequests requests) {
        return request.tail() == TailLog.NONE
                ? request.options().chain().answer(result.chain()).map(type -> {
                    BackupRequest answer = requests.of(result.document().database(), type);
                    return answer.withCopyOnly(false)
                            .withOptions(answer.options().withChain(ChainPolicy.REPORT));
                })
                : Optional.empty();
    }

    /// Other backups, taken as this one is.
    public static BackupRequests like(BackupRequest request) {
        return (database, type) ->
                BackupRequest.of(database, type).withStripes(request.stripes()).withOptions(request.options());
    }
}
