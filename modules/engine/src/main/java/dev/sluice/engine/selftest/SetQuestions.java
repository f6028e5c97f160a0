package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.VDConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Questions that a set answers without any statement.
///
/// **Threading:** one thread.
final class SetQuestions {

    private static final int LONG = 64;
    private static final int LONGEST = 255;

    private final ProbeBench bench;

    SetQuestions(ProbeBench bench) {
        this.bench = bench;
    }

    private String create(String name, VDConfig config) {
        ClientVirtualDeviceSet set = bench.sets().get();
        String answer = Probe.answer(() -> set.create(null, name, config));
        if (answer.equals("0")) {
            set.close();
        }
        return answer;
    }

    String latchStats() {
        VDConfig config = VDConfig.request(1, ProbeBench.config(1).features().with(Feature.LATCH_STATS));
        return "Create with VDF_LatchStats answers " + create(bench.name(), config);
    }

    /// Which kinds of names are taken.
    String names() {
        Map<String, String> kinds = new LinkedHashMap<>();
        String name = bench.name();
        kinds.put("letters, digits and hyphens", name);
        kinds.put("an underscore", name + "_1");
        kinds.put("a dot", name + ".1");
        kinds.put("a space", name + " 1");
        kinds.put("a backslash", name + "\\1");
        kinds.put("64 characters", padded(name, LONG));
        kinds.put("65 characters", padded(name, LONG + 1));
        kinds.put("255 characters", padded(name, LONGEST));
        kinds.put("256 characters", padded(name, LONGEST + 1));
        List<String> said = new ArrayList<>();
        kinds.forEach((kind, text) -> said.add(kind + " " + create(text, ProbeBench.config(1))));
        return "Create answers, for a name with " + String.join(", ", said);
    }

    private static String padded(String name, int length) {
        return name + "x".repeat(length - name.length());
    }

    /// Create after Close on the same object.
    String reuse() {
        ClientVirtualDeviceSet served = bench.sets().get();
        try (Probe probe = new Probe(bench.server(), served, bench.name(), ProbeBench.config(1))) {
            probe.send(bench.log(probe));
            probe.configured();
            probe.serve(probe.open().getFirst(), _ -> null);
            var _ = probe.verdict();
        }
        String clean = again(served);
        ClientVirtualDeviceSet aborted = bench.sets().get();
        aborted.create(null, bench.name(), ProbeBench.config(1));
        aborted.signalAbort();
        var _ = Probe.answer(aborted::close);
        return "Create on the same object answers %s after a backup and Close, and %s after SignalAbort and Close"
                .formatted(clean, again(aborted));
    }

    private String again(ClientVirtualDeviceSet set) {
        String answer = Probe.answer(() -> set.create(null, bench.name(), ProbeBench.config(1)));
        var _ = Probe.answer(set::close);
        return answer;
    }
}
