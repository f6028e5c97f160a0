package dev.sluice.sidecar.cli;

import dev.sluice.catalog.PauseDocument.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Whose work a pause is about, as `pause` and `resume` take it.
final class PauseScope {

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            description = "All databases of the policy with this name (`policies[].name`).")
    @Nullable
    String policy;

    @Option(names = "--all", description = "Every database of this identity.")
    boolean all;

    /// **Errors:** [UsageError] unless exactly one way is said.
    ///
    /// @param databases patterns on the command line
    Scope of(List<String> databases) {
        List<Scope> said = new ArrayList<>();
        if (!databases.isEmpty()) {
            said.add(new Scope.Databases(databases));
        }
        if (policy != null) {
            said.add(new Scope.Policy(policy));
        }
        if (all) {
            said.add(new Scope.Everything());
        }
        if (said.size() != 1) {
            throw new UsageError(
                    said.isEmpty() ? "nothing is named" : "more than one of databases, --policy and --all is named",
                    "Name databases ('Sales*'), or say --policy NAME, or --all.");
        }
        return said.getFirst();
    }
}
