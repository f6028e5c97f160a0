package dev.sluice.engine.backup;

import dev.sluice.engine.chain.ChainPolicy;
import java.util.Optional;

/// The backup that follows one which has found the chain broken.
public final class ChainAnswer {

    private ChainAnswer() {}

    /// Empty when none is wanted, or none would help. It answers no broken chain itself, so there is one at most.
    /// It is ordinary, also where the first one was copy-only, unless the policy takes copy-only full backups: an
    /// ordinary one would move the base of another program's differentials.
    ///
    /// @param requests how it is asked for
    public static Optional<BackupRequest> to(BackupRequest request, BackupResult result, BackupRequests requests) {
        return request.tail() == TailLog.NONE
                ? request.options().chain().answer(result.chain()).map(type -> {
                    ChainPolicy policy = request.options().chain();
                    BackupRequest answer = requests.of(result.document().database(), type);
                    return answer.withCopyOnly(policy == ChainPolicy.COPY_ONLY_FULL)
                            .withOptions(answer.options().withChain(policy.reporting()));
                })
                : Optional.empty();
    }

    /// Other backups, taken as this one is.
    public static BackupRequests like(BackupRequest request) {
        return (database, type) ->
                BackupRequest.of(database, type).withStripes(request.stripes()).withOptions(request.options());
    }
}
