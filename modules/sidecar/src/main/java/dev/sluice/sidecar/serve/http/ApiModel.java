package dev.sluice.sidecar.serve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.verify.VerifyReport;
import dev.sluice.sidecar.serve.TrackedJob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What all JSON objects that clients send or get have in common, and those of health and problems. The other
/// objects are in [StatusModel], [JobModel], [BackupModel], [PlanModel], [RestoreModel], [VerificationModel],
/// [DrillModel],
/// [HistoryModel], [PauseModel] and [HoldModel]; a backup's document is the catalog's.
///
/// The schema of the same name in `openapi.json` describes each: members that may be null are left out, and are
/// not required there.
///
/// Enums are written in lower case with hyphens, unless they are words of SQL Server's or of the catalog's.
final class ApiModel {

    private ApiModel() {}

    /// An object that is written to a client, or read from one.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    interface Body {}

    /// Members that may be empty are left out then.
    static @Nullable String unlessEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    enum Health {
        UP,
        DOWN;

        static Health of(boolean up) {
            return up ? UP : DOWN;
        }
    }

    record Status(Health status) implements Body {}

    record Readiness(Health status, Map<String, Health> checks) implements Body {}

    /// As RFC 9457 has it.
    ///
    /// @param preconditions of a restore that is refused
    record Problem(
            String type,
            String title,
            int status,
            String detail,
            String hint,
            @Nullable List<PlanModel.Precondition> preconditions)
            implements Body {}

    /// How a constant is written.
    static String written(Enum<?> constant) {
        boolean asItIs = constant instanceof BackupType
                || constant instanceof Health
                || constant instanceof BackupModel.Confirmation
                || constant instanceof VerifyReport.Structure;
        if (asItIs) {
            return constant.name();
        }
        // The state of jobs has been written with an underscore since the first version.
        return constant instanceof TrackedJob.State
                ? constant.name().toLowerCase(Locale.ROOT)
                : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// All constants as they are written.
    static <E extends Enum<E>> List<String> written(Class<E> type) {
        List<String> words = new ArrayList<>();
        Arrays.stream(type.getEnumConstants()).map(ApiModel::written).forEach(words::add);
        return words;
    }
}
