package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.selftest.DoomedClient;
import dev.sluice.engine.selftest.DoomedClient.Order;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.log.Masking;
import java.nio.file.Path;
import java.util.List;

/// What `sluice prove --server` starts to have it die. It is no command: people have no use for it.
final class DoomedClientProgram {

    private DoomedClientProgram() {}

    /// @param words the configuration's file, empty for the one that is found, and the order
    public static void main(String[] words) {
        ConfigurationFile file = CommonOptions.configuration(words[0].isEmpty() ? null : Path.of(words[0]));
        Masking.hide(file.secrets());
        try (Installation installation = ConfiguredInstallation.start(file.configuration())) {
            Environment environment = installation.environment();
            DoomedClient.run(
                    environment.server(),
                    environment.deviceSets(),
                    Order.of(List.of(words).subList(1, words.length)),
                    System.in,
                    System.out);
        } catch (RuntimeException e) {
            System.out.println(Masking.mask(String.valueOf(e)));
        }
        System.exit(Sluice.FAILED);
    }
}
