package dev.sluice.sidecar;

import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Reaction;
import java.util.function.BooleanSupplier;

/// Where a backup is, in the order of its life, by the requests that it makes to S3: just before one arrives, or
/// when it is done and the answer is on its way.
enum BackupStep {
    PENDING_NOT_YET_WRITTEN(Call.PENDING_WRITTEN, 1, false),
    PENDING_WRITTEN_UNHEARD(Call.PENDING_WRITTEN, 1, true),
    OBJECT_NOT_YET_SENT(Call.OBJECT_SENT, 1, false),
    OBJECT_SENT_UNHEARD(Call.OBJECT_SENT, 1, true),
    UPLOAD_NOT_YET_BEGUN(Call.UPLOAD_BEGUN, 1, false),
    UPLOAD_BEGUN_UNHEARD(Call.UPLOAD_BEGUN, 1, true),
    PART_NOT_YET_SENT(Call.PART_SENT, 1, false),
    PART_SENT_UNHEARD(Call.PART_SENT, 1, true),
    UPLOAD_NOT_YET_COMPLETED(Call.UPLOAD_COMPLETED, 1, false),
    UPLOAD_COMPLETED_UNHEARD(Call.UPLOAD_COMPLETED, 1, true),
    NOT_YET_DESCRIBED(Call.PENDING_WRITTEN, 2, false),
    DESCRIBED_UNHEARD(Call.PENDING_WRITTEN, 2, true),
    /// SQL Server was told, has called the backup good, and nobody has heard it. The request is the one before;
    /// whoever wants this step holds the line to SQL Server then.
    VERDICT_UNHEARD(Call.PENDING_WRITTEN, 2, true),
    ENTRY_NOT_YET_WRITTEN(Call.ENTRY_WRITTEN, 1, false),
    ENTRY_WRITTEN_UNHEARD(Call.ENTRY_WRITTEN, 1, true),
    PENDING_NOT_YET_DELETED(Call.PENDING_DELETED, 1, false),
    PENDING_DELETED_UNHEARD(Call.PENDING_DELETED, 1, true);

    /// A request of Sluice's to S3.
    private enum Call {
        PENDING_WRITTEN("PUT ", "/pending/"),
        /// All bytes of a stripe in one request, as small ones are sent.
        OBJECT_SENT("PUT ", ".bak") {
            @Override
            boolean is(String line) {
                return super.is(line) && !PART_SENT.is(line);
            }
        },
        UPLOAD_BEGUN("POST ", "?uploads"),
        PART_SENT("PUT ", "partNumber="),
        UPLOAD_COMPLETED("POST ", "uploadId="),
        ENTRY_WRITTEN("PUT ", "/catalog/"),
        PENDING_DELETED("DELETE ", "/pending/");

        private final String method;
        private final String part;

        Call(String method, String part) {
            this.method = method;
            this.part = part;
        }

        boolean is(String line) {
            return line.startsWith(method) && line.contains(part);
        }
    }

    private final Call call;
    private final int nth;
    private final boolean after;

    BackupStep(Call call, int nth, boolean after) {
        this.call = call;
        this.nth = nth;
        this.after = after;
    }

    /// Whether this is the kind of request that the step is about.
    ///
    /// @param line method and path with query
    boolean isAbout(String line) {
        return call.is(line);
    }

    /// Whether a backup goes through this step.
    ///
    /// @param large whether its stripes have more than one part each: then they are uploads
    boolean isIn(boolean large) {
        return switch (call) {
            case OBJECT_SENT -> !large;
            case UPLOAD_BEGUN, PART_SENT, UPLOAD_COMPLETED -> large;
            case PENDING_WRITTEN, ENTRY_WRITTEN, PENDING_DELETED -> true;
        };
    }

    /// Whether it is about a multipart upload.
    boolean isOfUpload() {
        return !isIn(false);
    }

    /// Whether SQL Server may have called the backup good: nothing that comes now may undo it.
    boolean isLate() {
        return compareTo(VERDICT_UNHEARD) >= 0;
    }

    /// Springs when the step is reached.
    ///
    /// @param sprung as [Reaction.Trap#sprung()]
    Script trap(BooleanSupplier sprung) {
        return Script.nth(request -> call.is(request.line()), nth, new Reaction.Trap(after, sprung));
    }
}
