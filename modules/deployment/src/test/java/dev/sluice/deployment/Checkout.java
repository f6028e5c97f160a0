package dev.sluice.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// The files of the checkout that the tests are about.
final class Checkout {

    static final Path ROOT =
            Path.of(System.getProperty("sluice.root", "../..")).toAbsolutePath().normalize();
    static final Path HELM = ROOT.resolve("infra/helm");
    static final Path CHART = HELM.resolve("sluice");
    static final Path POLICY_MODULE = ROOT.resolve("infra/terraform/policy");

    /// Whether documents are to be written from what is true, instead of being held against it.
    static final boolean WRITE = Boolean.getBoolean("sluice.docs.write");

    private Checkout() {}

    static Object yaml(String text) {
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    static Object yaml(Path file) throws IOException {
        return yaml(Files.readString(file));
    }

    @SuppressWarnings("unchecked") // what a YAML mapping with text for keys is
    static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }

    static List<?> list(Object node) {
        return (List<?>) node;
    }

    /// What stands at a path such as `spec.template.spec`.
    static Object at(Object node, String path) {
        Object found = node;
        for (String key : path.split("\\.", -1)) {
            Map<String, Object> map = map(found);
            assertThat(map).as(path).containsKey(key);
            found = map.get(key);
        }
        return found;
    }

    /// Holds `wanted` against what stands in a file between two marks, or writes it there.
    static void hold(Path file, String begin, String end, String wanted) throws IOException {
        String document = Files.readString(file);
        assertThat(document).contains(begin, end);
        int from = document.indexOf(begin) + begin.length();
        int to = document.indexOf(end);
        if (WRITE) {
            Files.writeString(file, document.substring(0, from) + wanted + document.substring(to));
            return;
        }
        assertThat(document.substring(from, to)).isEqualTo(wanted);
    }
}
