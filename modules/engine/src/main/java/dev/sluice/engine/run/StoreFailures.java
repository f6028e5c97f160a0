package dev.sluice.engine.run;

import dev.sluice.catalog.CatalogException;
import dev.sluice.s3.S3Failure;

/// How a failure of the store is told: a bucket that does not answer, one that refuses us, and one object that
/// it refuses are three things to do.
public final class StoreFailures {

    private static final String OBJECT = "object ";

    private StoreFailures() {}

    public static OperationFailed of(S3Failure e) {
        return of(e, String.valueOf(e.getMessage()));
    }

    /// @param what with more than the store's own words
    static OperationFailed of(S3Failure e, String what) {
        return switch (e.kind()) {
            case OUTAGE ->
                new OperationFailed(
                        FailureId.STORE_FAILED,
                        what,
                        OBJECT + e.key(),
                        e.remedy().orElse("Check that the endpoint answers: `sluice doctor` tries each step.")
                                + " What was left behind is removed by `sluice recover`, or at the next start.",
                        e);
            case BUCKET_REFUSED ->
                e.code().equals(S3Failure.NO_CREDENTIALS)
                        ? OperationFailed.noStoreCredentials(e)
                        : new OperationFailed(
                                FailureId.STORE_REFUSED,
                                what,
                                OBJECT + e.key(),
                                e.remedy()
                                        .orElse(
                                                "Check store.credentials, store.bucket, store.region and this machine's clock:"
                                                        + " `sluice doctor` tries each of them."),
                                e);
            case OBJECT_REFUSED ->
                new OperationFailed(
                        FailureId.OBJECT_REFUSED,
                        what,
                        OBJECT + e.key(),
                        e.remedy()
                                .orElse(
                                        "Look at this object: its storage class, its lock, its key of encryption, and whether"
                                                + " the bucket's policy allows %s on it. Everything that does not need it goes on."
                                                        .formatted(e.operation())),
                        e);
            case OBJECT_ABSENT ->
                new OperationFailed(
                        FailureId.OBJECT_MISSING,
                        what,
                        OBJECT + e.key(),
                        "If the bucket keeps versions, bring the object back; otherwise plan without this backup:"
                                + " --without ID.",
                        e);
        };
    }

    /// What to do about something in the catalog that cannot be read.
    public static String hint(CatalogException e) {
        return e.getCause() instanceof S3Failure store
                ? "Allow %s on it, or bring it back from the archive that it was moved to; until then nothing is concluded from its absence."
                        .formatted(store.operation())
                : "Update Sluice if a newer one wrote it; else bring the object's older version back. Until then nothing is"
                        + " decided from what is left.";
    }
}
