package dev.sluice.sidecar.doctor;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.NotifySection;
import java.util.List;

/// Whether a person hears of failed backups. Looks at the configuration alone, for `config check`.
///
/// @param configuration of which every key holds for itself
public record NotifyCheck(Configuration configuration) {

    /// One warning for each policy that names receivers, and none that hears of failed backups.
    public List<DoctorFinding> findings() {
        return NotifySection.deaf(configuration).stream()
                .map(policy -> DoctorFinding.warn(
                        "notify-policy",
                        policy + ": no receiver that is named here hears of failed backups. A heartbeat hears only of"
                                + " good ones",
                        "Name a receiver with webhook, email or command beside it, whose events have failure and whose"
                                + " types have backups; or leave notify of the policy out, and the receivers' databases"
                                + " decide."))
                .toList();
    }
}
