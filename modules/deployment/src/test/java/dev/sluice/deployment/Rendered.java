package dev.sluice.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// The objects that Helm makes of a chart and values.
record Rendered(List<Map<String, Object>> objects) {

    /// The oldest Kubernetes that the chart is for.
    private static final String OLDEST = "1.29.0";

    /// As the release `test`, with values files in the order in which a person would name them.
    ///
    /// **Errors:** what Helm says, as an [IllegalStateException].
    static Rendered of(Path chart, Path... values) {
        TemplateCommand template =
                new Helm(chart).template().withName("test").withNamespace("sql").withKubeVersion(OLDEST);
        for (Path file : values) {
            template.withValuesFile(file);
        }
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(template.call())) {
            if (document != null) {
                objects.add(Checkout.map(document));
            }
        }
        return new Rendered(objects);
    }

    Map<String, Object> one(String kind) {
        List<Map<String, Object>> found = all(kind);
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    List<Map<String, Object>> all(String kind) {
        return objects.stream()
                .filter(object -> object.get("kind").equals(kind))
                .toList();
    }

    /// The pod's specification.
    Object pod() {
        return Checkout.at(one("StatefulSet"), "spec.template.spec");
    }

    /// A container of the pod, of either kind.
    Map<String, Object> container(String name) {
        List<Object> all = new ArrayList<>(Checkout.list(Checkout.at(pod(), "initContainers")));
        all.addAll(Checkout.list(Checkout.at(pod(), "containers")));
        return all.stream()
                .map(Checkout::map)
                .filter(container -> container.get("name").equals(name))
                .findFirst()
                .orElseThrow();
    }

    /// A file of the ConfigMap that the pod mounts.
    String file(String name) {
        return all("ConfigMap").stream()
                .map(map -> (String) Checkout.map(map.get("data")).get(name))
                .filter(text -> text != null)
                .findFirst()
                .orElseThrow();
    }
}
