package dev.sluice.engine.bucket;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.BucketSettings;
import dev.sluice.s3.PastObject;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Whether a bucket can be read as it was at the instant of an environment's store.
///
/// The document of the directory's owner is the first object that a server stores and stays for ever, so its
/// versions tell what the bucket can know of the instant.
///
/// **Threading:** blocks.
public final class PastBucket {

    private final Environment env;
    private final Instant instant;
    private final List<String> notes = new ArrayList<>();

    private PastBucket(Environment env, Instant instant) {
        this.env = env;
        this.instant = instant;
    }

    /// What limits the answers about the instant, for the user; empty when nothing does.
    ///
    /// **Errors:** [OperationFailed] `no-versions` when the bucket keeps no versions, and when it does not list
    /// them.
    public static List<String> look(Environment env) {
        PastBucket past = new PastBucket(env, env.store().asOf().orElseThrow());
        past.lookAtVersioning();
        past.lookAtOwner();
        return past.notes;
    }

    private void lookAtVersioning() {
        BucketSettings.Versioning versioning;
        try {
            versioning = Blocking.uncancellably(BucketSettings.versioning(env.store()))
                    .orElseThrow();
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw Failures.store(e, List.of());
            }
            notes.add("whether the bucket keeps versions is not known: " + e.getMessage());
            return;
        }
        switch (versioning) {
            case OFF ->
                throw new OperationFailed(
                        FailureId.NO_VERSIONS,
                        "The bucket keeps no versions, so nothing tells what was there at " + instant,
                        where(),
                        "Leave --as-of away, or name a bucket that keeps versions, such as a replica of this one. Switch"
                                + " versions on for the next time.",
                        null);
            case SUSPENDED ->
                notes.add(
                        "the bucket makes no new versions (versioning is suspended): what was replaced or removed since"
                                + " then is gone");
            case ENABLED -> {
                // As it should be.
            }
        }
    }

    private void lookAtOwner() {
        String owner = env.catalog().keys().owner();
        PastObject found;
        try {
            found = Blocking.uncancellably(PastObject.of(env.store(), owner)).orElseThrow();
        } catch (S3Failure e) {
            if (!e.kind().isOfObject()) {
                throw Failures.store(e, List.of());
            }
            throw new OperationFailed(
                    FailureId.NO_VERSIONS,
                    "The bucket does not list the versions of its objects: " + e.getMessage(),
                    where(),
                    "Allow s3:ListBucketVersions and s3:GetObjectVersion, or use credentials that have these rights:"
                            + " docs/operations.md has a policy.",
                    e);
        }
        switch (found) {
            case PastObject.There() -> {
                // As it should be.
            }
            case PastObject.WithoutVersions(Instant modified) ->
                notes.add(("the bucket may have kept no versions yet at %s (it kept none at %s): what was replaced or"
                                + " removed before it did is not shown")
                        .formatted(instant, modified));
            case PastObject.Absent(var oldest) ->
                notes.add(
                        oldest == null
                                ? "the bucket has never had a backup of server %s, or no version of that time is left"
                                        .formatted(env.identity())
                                : "the bucket had no backup of server %s yet at %s: the oldest version of its %s is of %s"
                                        .formatted(env.identity(), instant, owner, oldest));
        }
    }

    private String where() {
        return "bucket " + env.store().config().bucket();
    }
}
