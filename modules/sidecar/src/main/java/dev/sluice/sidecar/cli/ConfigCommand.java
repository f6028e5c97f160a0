package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.config.JsonSchema;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.NotifyCheck;
import dev.sluice.sidecar.doctor.TransportCheck;
import dev.sluice.sidecar.report.Output;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What the configuration file says, and what may stand in it. Looks at nothing but the file: whether the server
/// and the bucket that it names can be used is `sluice doctor`'s question.
@Command(
        name = "config",
        description = "Checks, explains and shows the configuration.",
        subcommands = {ConfigCommand.Check.class, ConfigCommand.Schema.class, ConfigCommand.Show.class},
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class ConfigCommand implements Runnable {

    @Spec
    @org.jspecify.annotations.Nullable
    CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "say what to do: sluice config check, schema or show");
        }
    }

    @Command(
            name = "check",
            description = {
                "Tells every mistake in the file, with its line and column, what is allowed but not secure, and policies of"
                        + " whose failed backups no receiver hears.",
                "Exit code 0 when all is well, 3 when a person should look, 2 when there is a mistake."
            })
    static final class Check implements Callable<Integer> {
        @Mixin
        CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            ConfigurationFile file = common.configuration();
            Output output = common.output();
            List<DoctorFinding> findings = new ArrayList<>(new TransportCheck(file.configuration()).insecure());
            findings.addAll(new NotifyCheck(file.configuration()).findings());
            output.tell("%s: no mistakes".formatted(file.path()));
            for (DoctorFinding finding : findings) {
                output.tell("warn: %s: %s".formatted(finding.id(), finding.evidence()));
                output.tell("  -> %s".formatted(finding.fix()));
            }
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.path().toString());
            document.put("valid", true);
            document.put("findings", findings);
            output.document(document);
            return findings.isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
        }
    }

    @Command(
            name = "schema",
            description = "Prints the JSON Schema of the file, for editors: put the line"
                    + " '# yaml-language-server: $$schema=sluice.schema.json' on top of the file.")
    static final class Schema implements Callable<Integer> {
        @Mixin
        CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            Output output = common.output();
            output.tellLines(JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValueAsString(JsonSchema.document()));
            output.document(JsonSchema.document());
            return Sluice.DONE;
        }
    }

    @Command(name = "show", description = "Shows what holds, defaults included, with secrets masked.")
    static final class Show implements Callable<Integer> {
        @Mixin
        CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            ConfigurationFile file = common.configuration();
            Output output = common.output();
            output.tell("# %s, with defaults".formatted(file.path()));
            output.tellLines(file.toYaml().stripTrailing());
            output.document(file.effective());
            return Sluice.DONE;
        }
    }
}
